import { describe, expect, it } from 'vitest'
import { growth, LINEAR } from '../../test/support/growth.js'
import { cutStream, errorData, providerError } from './errors.js'
import { isTooLong } from './overflow.js'

describe('what an error says', () => {
  it.each([
    [
      "an APICallError's status and words",
      { name: 'AI_APICallError', statusCode: 429, message: 'slow' },
      429,
      'slow',
    ],
    ['a number as code', { message: 'busy', type: 'server_error', code: 503 }, 503, 'busy'],
    ['a number as text', { message: 'busy', code: '529' }, 529, 'busy'],
    ['a word as code', { message: 'no more', code: 'insufficient_quota' }, 429, 'no more'],
    ['a word as type', { message: 'wait', type: 'overloaded_error' }, 529, 'wait'],
    [
      "Google's status",
      { error: { code: 'x', status: 'RESOURCE_EXHAUSTED', message: 'quota' } },
      429,
      'quota',
    ],
    [
      'an error inside an error',
      { type: 'error', error: { message: 'no key', code: 'invalid_api_key' } },
      401,
      'no key',
    ],
    [
      'an error with its frame in data',
      { message: 'm', data: { error: { code: 'rate_limit_exceeded' } } },
      429,
      'm',
    ],
    ['the status of the model behind Bedrock', { message: 'm', originalStatusCode: 424 }, 424, 'm'],
    [
      'words alone',
      { message: 'Too many tokens, please wait before trying again.' },
      429,
      'Too many tokens, please wait before trying again.',
    ],
    ['a status that is none', { statusCode: 1302, message: 'm' }, 500, 'm'],
    ['a text', 'it broke', 500, 'it broke'],
    ['nothing at all', undefined, 500, 'the provider reported an error'],
    ['an unknown word', { message: 'odd', code: 'server_melted' }, 500, 'odd'],
  ])('%s', (_, error, status, message) => {
    expect(providerError(error)).toMatchObject({ status, message })
  })

  it("takes Google's 400 for a bad key for a 401", () => {
    const error = { statusCode: 400, message: 'API key not valid. Please pass a valid API key.' }
    expect(providerError(error).status).toBe(401)
  })

  it('is an event in the Messages API’s shape', () => {
    expect(errorData(providerError({ message: 'wait', code: 529 }), 'req_1')).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'wait' },
      request_id: 'req_1',
    })
  })
})

describe('a prompt that is too long', () => {
  it.each([
    [
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130500 tokens. Please reduce the length of the messages.",
      'prompt is too long: 130500 tokens > 128000 maximum',
    ],
    [
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      'prompt is too long: 1200000 tokens > 1048576 maximum',
    ],
    [
      'Prompt contains 65673 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      'prompt is too long: 65673 tokens > 32768 maximum',
    ],
    [
      "This model's maximum prompt length is 131072 but the request contains 150000 tokens.",
      'prompt is too long: 150000 tokens > 131072 maximum',
    ],
    [
      'request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it',
      'prompt is too long: 9000 tokens > 8192 maximum',
    ],
    [
      "This model's maximum context length is 128,000 tokens. However, you requested 140,000 tokens (120,000 in the messages, 20,000 in the completion).",
      'input length and `max_tokens` exceed context limit: 120000 + 20000 > 128000, decrease input length or `max_tokens` and try again',
    ],
    [
      "'max_tokens' or 'max_completion_tokens' is too large: 64000. This model's maximum context length is 131072 tokens and your request has 100000 input tokens (64000 > 131072 - 100000).",
      'input length and `max_tokens` exceed context limit: 100000 + 64000 > 131072, decrease input length or `max_tokens` and try again',
    ],
    [
      "This model's maximum context length is 8192 tokens. However, you requested 9500 tokens (9000 in the messages, 500 in the completion).",
      'prompt is too long: 9000 tokens > 8192 maximum',
    ],
  ])('%s', (said, healing) => {
    expect(providerError({ statusCode: 400, message: said })).toEqual({ status: 400, message: healing })
    expect(providerError({ message: said, code: 'context_length_exceeded' }).status).toBe(400)
  })

  it.each([
    ['Your input exceeds the context window of this model. Please adjust your input and try again.', true],
    ['Input is too long for requested model.', true],
    ['prompt is too long: 210000 tokens > 200000 maximum', false],
    ['max_tokens is too large: 64000', false],
  ])('is recognised without numbers: %s', (said, is) => {
    expect(isTooLong(said)).toBe(is)
  })
})

it.each([
  ['AI_InvalidResponseDataError', 'truncated'],
  ['AI_JSONParseError', 'protocol'],
  ['AI_TypeValidationError', 'protocol'],
  ['AI_APICallError', undefined],
])('%s in a stream is a failure of the kind %s', (name, failure) => {
  expect(cutStream(Object.assign(new Error('x'), { name }))?.failure).toBe(failure)
})

it('words that a provider quotes from a prompt are searched in time that does not grow with them', () => {
  const quoted = (size: number) => `Invalid input: ${'maximum context length is 1 tokens '.repeat(size)}`
  expect(growth(100, quoted, (message) => providerError({ message }))).toBeLessThan(LINEAR)
})
