"""An agent of Google ADK whose model is a script: it asks its tool about the city that it is told,
and repeats what the tool said. A message that begins with "fail" makes the model raise."""
from google.adk.agents import LlmAgent
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
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
        if answered and parts[-1].function_response:
            answer = f"It is {answered[-1].response['temp_c']} degrees in {words[0].split()[-1]}."
            if stream:
                for word in answer.split(' '):
                    gap = '' if word.endswith('.') else ' '
                    yield told(types.Part(text=word + gap), partial=True)
            yield told(types.Part(text=answer), usage_metadata=counted(40, 7),
                       finish_reason=types.FinishReason.STOP, model_version='scripted-1')
        elif words[-1].startswith('fail'):
            raise RuntimeError('the script says "no"')
        else:
            call = types.FunctionCall(name='get_weather', args={'city': words[-1].split()[-1]})
            yield told(types.Part(text='Let me look.'), types.Part(function_call=call),
                       usage_metadata=counted(21, 9), model_version='scripted-1')


def get_weather(city: str) -> dict:
    """The weather of a city."""
    return {'city': city, 'temp_c': 21}


root_agent = LlmAgent(name='weather', model=Scripted(model='scripted-1'), tools=[get_weather],
                      instruction='Tell the weather.')
