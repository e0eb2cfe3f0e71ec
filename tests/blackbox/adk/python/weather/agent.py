"""An agent of Google ADK whose model is a script: it asks its tool about the city that it is told,
and repeats what the tool said. A message that begins with "fail" makes the model raise; one with
"delete" calls a tool that needs a person's yes, and one with "job" a tool whose result comes
later."""
from google.adk.agents import LlmAgent
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.adk.tools import FunctionTool, LongRunningFunctionTool
from google.genai import types


def told(*parts, **more):
    return LlmResponse(content=types.Content(role='model', parts=list(parts)), **more)


def counted(prompt, answer):
    return types.GenerateContentResponseUsageMetadata(
        prompt_token_count=prompt, candidates_token_count=answer, total_token_count=prompt + answer)


class Scripted(BaseLlm):
    async def generate_content_async(self, llm_request, stream=False):
        parts = [part for content in llm_request.contents for part in content.parts or []]
        words = [part.text for part in parts if part.text]
        answered = [part.function_response for part in parts if part.function_response]
        last = parts[-1].function_response
        if last and last.name == 'delete_file':
            gone = 'deleted' in last.response
            yield told(types.Part(text='It is gone.' if gone else 'It stays.'),
                       usage_metadata=counted(9, 3))
        elif last and last.name == 'start_job':
            result = last.response.get('result')
            yield told(types.Part(text=f'The job says {result}.' if result else 'It is under way.'),
                       usage_metadata=counted(9, 3))
        elif last:
            answer = f"It is {answered[-1].response['temp_c']} degrees in {words[0].split()[-1]}."
            if stream:
                for word in answer.split(' '):
                    gap = '' if word.endswith('.') else ' '
                    yield told(types.Part(text=word + gap), partial=True)
            yield told(types.Part(text=answer), usage_metadata=counted(40, 7),
                       finish_reason=types.FinishReason.STOP, model_version='scripted-1')
        elif words[-1].startswith('fail'):
            raise RuntimeError('the script says "no"')
        elif words[-1].startswith('delete'):
            call = types.FunctionCall(name='delete_file', args={'path': words[-1].split()[-1]})
            yield told(types.Part(function_call=call), usage_metadata=counted(8, 4))
        elif words[-1].startswith('job'):
            yield told(types.Part(function_call=types.FunctionCall(name='start_job',
                                                                   args={'name': 'j1'})),
                       usage_metadata=counted(8, 4))
        else:
            call = types.FunctionCall(name='get_weather', args={'city': words[-1].split()[-1]})
            yield told(types.Part(text='Let me look.'), types.Part(function_call=call),
                       usage_metadata=counted(21, 9), model_version='scripted-1')


def get_weather(city: str) -> dict:
    """The weather of a city."""
    return {'city': city, 'temp_c': 21}


def delete_file(path: str) -> dict:
    """Deletes a file."""
    return {'deleted': path}


def start_job(name: str) -> dict:
    """Starts a job."""
    return {'status': 'pending'}


root_agent = LlmAgent(name='weather', model=Scripted(model='scripted-1'),
                      tools=[get_weather, FunctionTool(delete_file, require_confirmation=True),
                             LongRunningFunctionTool(start_job)],
                      instruction='Tell the weather.')
