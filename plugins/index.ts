import 'reflect-metadata'

export { aiSdk } from './ai-sdk/index.js'
export { anthropic } from './anthropic/index.js'
export { anthropicCompatible } from './anthropic-compatible/index.js'
export {
  dashscope,
  deepseek,
  kimi,
  liteLLM,
  llamaCpp,
  lmStudio,
  minimax,
  moonshot,
  ollama,
  openrouter,
  sglang,
  vllm,
} from './anthropic-compatible/ready-made.js'
export { attribution } from './attribution/index.js'
export { auth } from './auth/index.js'
export { background } from './background/index.js'
export { bedrock } from './bedrock/index.js'
export { budgets } from './budgets/index.js'
export { cacheControl } from './cache-control/index.js'
export { content } from './content/index.js'
export { countTokens } from './count-tokens/index.js'
export { echo } from './echo/index.js'
export { errors } from './errors/index.js'
export { features } from './features/index.js'
export { forceStream } from './force-stream/index.js'
export { learn } from './learn/index.js'
export { ledger } from './ledger/index.js'
export { limits } from './limits/index.js'
export { metrics } from './metrics/index.js'
export { modelMap } from './model-map/index.js'
export { models } from './models/index.js'
export { otel } from './otel/index.js'
export { record } from './record/index.js'
export { retryRotate } from './retry-rotate/index.js'
export { roleMerge } from './role-merge/index.js'
export { streamGuard } from './stream-guard/index.js'
export { systemRole } from './system-role/index.js'
export { thinking } from './thinking/index.js'
export { toolPairs } from './tool-pairs/index.js'
export { toolSchema } from './tool-schema/index.js'
export { trace } from './trace/index.js'
export { vertex } from './vertex/index.js'
export { warmup } from './warmup/index.js'
export { zai } from './zai/index.js'
