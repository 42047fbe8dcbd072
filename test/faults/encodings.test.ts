import zlib from 'node:zlib'
import { expect, it } from 'vitest'
import { ask } from '../support/client.js'
import { stand } from '../support/stand.js'
import { encodingRows, zstd } from './rows/encodings.js'
import { observeRows } from './run.js'

observeRows('encoding its answer', encodingRows)

it.runIf('createZstdDecompress' in zlib)('zstd is read where Node can', async () => {
  const { send } = await stand(zstd)
  expect((await send({ body: ask({ stream: true }) })).text()).toContain('message_stop')
})
