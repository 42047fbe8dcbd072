import { ENTRIES } from './entries.js'
import { readyMade } from './index.js'

export const moonshot = readyMade('moonshot', ENTRIES.moonshot)
export const kimi = readyMade('kimi', ENTRIES.kimi)
export const deepseek = readyMade('deepseek', ENTRIES.deepseek)
export const minimax = readyMade('minimax', ENTRIES.minimax)
export const dashscope = readyMade('dashscope', ENTRIES.dashscope)
export const openrouter = readyMade('openrouter', ENTRIES.openrouter)
export const ollama = readyMade('ollama', ENTRIES.ollama)
export const lmStudio = readyMade('lm-studio', ENTRIES.lmStudio)
export const llamaCpp = readyMade('llama-cpp', ENTRIES.llamaCpp)
export const vllm = readyMade('vllm', ENTRIES.vllm)
export const sglang = readyMade('sglang', ENTRIES.sglang)
export const liteLLM = readyMade('litellm', ENTRIES.liteLLM)
