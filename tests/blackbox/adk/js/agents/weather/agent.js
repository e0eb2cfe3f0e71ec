// An agent of Google ADK whose model is a script: it asks its tool about the city that it is told,
// and repeats what the tool said. A message that begins with "fail" makes the model throw; one with
// "delete" calls a tool that needs a person's yes, and one with "job" a tool whose result comes later.
import { BaseLlm, FunctionTool, LlmAgent, LongRunningFunctionTool } from '@google/adk';
import { z } from 'zod';

const told = (parts, more) => ({ content: { role: 'model', parts }, ...more });
const counted = (prompt, answer) => ({
  usageMetadata: {
    promptTokenCount: prompt, candidatesTokenCount: answer, totalTokenCount: prompt + answer,
  },
  modelVersion: 'scripted-1',
});

class Scripted extends BaseLlm {
  async *generateContentAsync(request, stream) {
    const parts = request.contents.flatMap((content) => content.parts ?? []);
    const words = parts.map((part) => part.text).filter(Boolean);
    const answered = parts.at(-1)?.functionResponse;
    if (answered?.name === 'delete_file') {
      yield told([{ text: answered.response.deleted ? 'It is gone.' : 'It stays.' }], counted(9, 3));
    } else if (answered?.name === 'start_job') {
      const { result } = answered.response;
      yield told([{ text: result ? `The job says ${result}.` : 'It is under way.' }], counted(9, 3));
    } else if (answered) {
      const answer = `It is ${answered.response.temp_c} degrees in ${words[0].split(' ').at(-1)}.`;
      if (stream) {
        for (const word of answer.match(/\S+\s*/g)) yield told([{ text: word }], { partial: true });
      }
      yield told([{ text: answer }], { ...counted(40, 7), finishReason: 'STOP' });
    } else if (words.at(-1).startsWith('fail')) {
      throw new Error('the script says "no"');
    } else if (words.at(-1).startsWith('delete')) {
      const call = { name: 'delete_file', args: { path: words.at(-1).split(' ').at(-1) } };
      yield told([{ functionCall: call }], counted(8, 4));
    } else if (words.at(-1).startsWith('job')) {
      yield told([{ functionCall: { name: 'start_job', args: { name: 'j1' } } }], counted(8, 4));
    } else {
      const call = { name: 'get_weather', args: { city: words.at(-1).split(' ').at(-1) } };
      yield told([{ text: 'Let me look.' }, { functionCall: call }], counted(21, 9));
    }
  }
  async connect() { throw new Error('there is no live mode'); }
}

export const rootAgent = new LlmAgent({
  name: 'weather',
  model: new Scripted({ model: 'scripted-1' }),
  instruction: 'Tell the weather.',
  tools: [new FunctionTool({
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => ({ city, temp_c: 21 }),
  }), new FunctionTool({
    name: 'delete_file',
    description: 'Deletes a file.',
    parameters: z.object({ path: z.string() }),
    requireConfirmation: true,
    execute: ({ path }) => ({ deleted: path }),
  }), new LongRunningFunctionTool({
    name: 'start_job',
    description: 'Starts a job.',
    parameters: z.object({ name: z.string() }),
    execute: () => ({ status: 'pending' }),
  })],
});
