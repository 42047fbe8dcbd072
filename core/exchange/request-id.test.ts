import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { requestId } from './request-id.js'

test('ids are of one form, and none comes twice', () => {
  const ids = Array.from({ length: 5_000 }, requestId)
  for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{24}$/)
  expect(new Set(ids).size).toBe(ids.length)
})

test('a later id sorts behind an earlier one', async () => {
  const earlier = requestId()
  await sleep(5)
  expect(requestId() > earlier).toBe(true)
})
