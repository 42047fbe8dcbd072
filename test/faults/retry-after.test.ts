import { afterAll, beforeAll, vi } from 'vitest'
import { NOW, retryAfterRows } from './rows/retry-after.js'
import { observeRows } from './run.js'

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW }))
afterAll(() => void vi.useRealTimers())

observeRows('asking to wait', retryAfterRows)
