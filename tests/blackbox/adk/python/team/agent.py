"""A planner, and then two agents side by side, each with a sentence of its own."""
from google.adk.agents import LlmAgent, ParallelAgent, SequentialAgent
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.genai import types


class Sentence(BaseLlm):
    sentence: str

    async def generate_content_async(self, llm_request, stream=False):
        def told(text, **more):
            return LlmResponse(
                content=types.Content(role='model', parts=[types.Part(text=text)]), **more)
        if stream:
            for word in self.sentence.split(' '):
                yield told(word if word.endswith('.') else word + ' ', partial=True)
        yield told(self.sentence, usage_metadata=types.GenerateContentResponseUsageMetadata(
            prompt_token_count=3, candidates_token_count=1))


def member(name):
    return LlmAgent(name=name, instruction='Do it.',
                    model=Sentence(model='scripted-1', sentence=f'{name} has done it.'))


root_agent = SequentialAgent(name='team', sub_agents=[
    member('planner'), ParallelAgent(name='pair', sub_agents=[member('left'), member('right')])])
