import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { answer } from '../support/anthropic-upstream.js'
import { startUpstream } from '../support/bad-upstream.js'
import { builtCli, emptyFolder } from '../support/cli.js'
import { ask, send } from '../support/client.js'
import { message } from '../support/messages.js'
import { json } from '../support/script.js'
import { faultOfSignature } from '../support/sigv4.js'

// The packages that sign and get tokens are in the bundle, where they are another kind of module than in node_modules.
const cli = builtCli()
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

it('the command as it is shipped reaches Claude on both clouds', async () => {
  const up = await startUpstream((request) => {
    if (request.url === '/token') return json({ access_token: 'ya29.token', expires_in: 3599 })
    return request.url.startsWith('/model/')
      ? json(message({ text: 'bedrock' }))
      : answer({ text: 'vertex' }, request)
  })
  onTestFinished(() => up.close())
  const cwd = emptyFolder()
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(
    join(cwd, 'key.json'),
    JSON.stringify({ type: 'service_account', client_email: 'a@b', private_key }),
  )
  writeFileSync(
    join(cwd, 'agproxy.config.mjs'),
    `import { bedrock, vertex } from 'agproxy/plugins'
     const http = ({ builtIn }) => {
       const inner = builtIn()
       const native = (url, init) => inner.native(String(url).replace('https://oauth2.googleapis.com', '${up.url}'), init)
       return Object.assign(inner.create({}), { native })
     }
     export default {
       server: { port: 0 },
       use: [bedrock({ baseURL: '${up.url}' }), vertex({ baseURL: '${up.url}/v1/projects/p/locations/global', keyFile: 'key.json' })],
       accounts: [
         { id: 'aws', upstream: 'bedrock', apiKey: 'AKIAIOSFODNN7EXAMPLE:${SECRET}', models: ['claude-opus-*'] },
         { id: 'gcp', upstream: 'vertex', models: ['claude-sonnet-*'] },
       ],
       services: { http },
     }`,
  )
  const running = cli.start(['start'], { cwd })
  const url = /listening on (\S+)/.exec(await running.printed(/listening on \S+/))![1]!
  const said = async (model: string) => (await send(url, { body: ask({ model }) })).text()
  expect(await said('claude-opus-5-5')).toContain('"text":"bedrock"')
  expect(await said('claude-sonnet-5')).toContain('"text":"vertex"')
  expect(faultOfSignature(up.requests[0]!, SECRET)).toBeUndefined()
  expect(up.requests.at(-1)!.header('authorization')).toBe('Bearer ya29.token')
})
