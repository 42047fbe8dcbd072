import { describe, expect, test } from 'vitest'
import { keyOf } from './keys.js'

const account = (apiKey: unknown) => ({ id: 'vault', upstream: 'x', apiKey: apiKey as () => string })

describe('the key that a function returns', () => {
  test.each([['sk-abc\n'], ['\ufeffsk-abc\r\n'], ['"sk-abc"'], [Promise.resolve(' sk-abc\u200b')]])(
    '%j is cleaned at its ends',
    async (given) => {
      expect(await keyOf(account(() => given))).toBe('sk-abc')
    },
  )

  test.each([
    ['sk-abc\nsk-def', 'returned a key that has a line end (U+000A) after its first 6 characters'],
    ['sk-\u00a0abc', 'returned a key that has a no-break space (U+00A0) after its first 3 characters'],
    [Promise.resolve('sk-ключ'), 'returned a key that has a character outside of ASCII (U+043A)'],
    [' \n', 'returned a key that is empty'],
    [undefined, 'returned no text'],
    [Promise.resolve({ key: 'sk-abc' }), 'returned no text'],
  ])('%j is refused at each call, and the account named', async (given, message) => {
    const key = keyOf(account(() => given))
    await expect(key).rejects.toThrow(`the apiKey function of account 'vault' ${message}`)
    await expect(keyOf(account(() => given))).rejects.not.toThrow(/sk-/)
  })

  test('a function that throws is named, its words are not', async () => {
    const failing = () => {
      throw new Error('vault closed to sk-abc')
    }
    await expect(keyOf(account(failing))).rejects.toMatchObject({
      message: "the apiKey function of account 'vault' failed",
      detail: 'vault closed to [masked]', // for the log
    })
  })
})
