// A planner, and then two agents side by side, each with a sentence of its own.
import { BaseLlm, LlmAgent, ParallelAgent, SequentialAgent } from '@google/adk';

class Sentence extends BaseLlm {
  constructor(text) {
    super({ model: 'scripted-1' });
    this.text = text;
  }
  async *generateContentAsync(request, stream) {
    const told = (text, more) => ({ content: { role: 'model', parts: [{ text }] }, ...more });
    if (stream) for (const word of this.text.match(/\S+\s*/g)) yield told(word, { partial: true });
    yield told(this.text, { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1 } });
  }
  async connect() { throw new Error('there is no live mode'); }
}

const member = (name) => new LlmAgent({
  name, model: new Sentence(`${name} has done it.`), instruction: 'Do it.',
});

export const rootAgent = new SequentialAgent({
  name: 'team',
  subAgents: [
    member('planner'),
    new ParallelAgent({ name: 'pair', subAgents: [member('left'), member('right')] }),
  ],
});
