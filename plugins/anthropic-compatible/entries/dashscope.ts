import type { Entry } from '../entry.js'

const MESSAGES = 'https://www.alibabacloud.com/help/en/model-studio/anthropic-api-messages'

/** Alibaba Cloud Model Studio, in Singapore; the host in China is dashscope.aliyuncs.com. */
export const dashscope: Entry = {
  title: 'Qwen on DashScope',
  baseURL: 'https://dashscope-intl.aliyuncs.com/apps/anthropic',
  keyHeader: 'x-api-key',
  facts: [
    {
      says: 'endpoint, x-api-key',
      source: 'https://www.alibabacloud.com/help/en/model-studio/base-url',
      date: '2026-06-30',
    },
    {
      accepts: { cacheControl: true, cacheControlOn: ['tool', 'text', 'tool_use', 'tool_result'] },
      source: MESSAGES,
      date: '2026-06',
    },
    {
      accepts: { serverTools: false, refusedFields: ['metadata'], thinkingBlocks: false },
      says: 'thinking with a budget, by model; beta and version headers "not supported"',
      source: MESSAGES,
      date: '2026-06',
    },
    {
      accepts: { systemMessages: false },
      source: 'QwenLM/Qwen#2244',
      date: '2026-11',
    },
    {
      says: 'a `max_tokens` above the model’s 8k, 32k, 65k or 131k is refused; the number is learned from the refusal',
      source: MESSAGES,
      date: '2026-06',
    },
  ],
}
