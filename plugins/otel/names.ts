/**
 * Attribute names, all in one place: those of GenAI are still in development
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/, November 2026). Ours are under `agproxy.`.
 */
export const NAMES = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  conversation: 'gen_ai.conversation.id',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheCreationTokens: 'gen_ai.usage.cache_creation.input_tokens',
  finishReasons: 'gen_ai.response.finish_reasons',
  errorType: 'error.type',
  status: 'http.response.status_code',
  method: 'http.request.method',
  route: 'http.route',
  id: 'agproxy.request.id',
  account: 'agproxy.account',
  upstream: 'agproxy.upstream',
  attempts: 'agproxy.attempts',
  attempt: 'agproxy.attempt',
  plugin: 'agproxy.plugin',
  ending: 'agproxy.ending',
  agent: 'agproxy.agent',
  prompt: 'agproxy.prompt.id',
  label: 'agproxy.label.',
} as const
