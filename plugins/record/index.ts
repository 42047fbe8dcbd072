import { type Call, definePlugin, type Plugin, slot, z } from '../../core/index.js'
import {
  type Cassette,
  cassetteName,
  cassetteText,
  namesOfUser,
  parseJson,
  plainHeaders,
  plainQuery,
  presentedKeys,
  withoutUser,
} from '../../core/kit.js'
import { CassetteFiles } from './files.js'
import { Take } from './take.js'

/** Keeps each request with the answers of its upstreams as a file, without keys; see docs/plugins/record.md. */
export const record = definePlugin({
  name: 'record',
  optIn: true,
  phase: 'attempt',
  after: 'force-stream',
  options: z.strictObject({
    /** The folder of the cassettes, made where it is missing. Default: `cassettes` in the working directory. */
    dir: z.string().min(1).default('cassettes'),
    /** Cassettes that it may hold; past it no more are written. Default: 1000. */
    maxFiles: z.int().min(1).max(100_000).default(1_000),
  }),
  env: { dir: 'AGPROXY_RECORD' },
  create: ({ options, accounts, logger }): Plugin => {
    const files = new CassetteFiles(options.dir, options.maxFiles, logger)
    const kept = slot(() => ({ takes: [] as Take[], first: undefined as Call | undefined }))
    const accountKeys = () =>
      accounts.all().flatMap(({ apiKey }) => (typeof apiKey === 'string' ? [apiKey] : []))
    return {
      onStep: (_step, call) => {
        kept(call).first ??= call
        return false
      },
      async handle(call, next) {
        const take = new Take(call)
        kept(call).takes.push(take)
        try {
          return take.answered(await next(call))
        } catch (error) {
          take.failed(error)
          throw error
        }
      },
      onFinish(finished, head) {
        const { takes, first } = kept(head)
        if (!first) return
        const at = new Date(performance.timeOrigin + finished.startedAt).toISOString()
        files.add(cassetteName({ at, id: head.id }), () => {
          const body = parseJson(first.bytes.toString('utf8'))
          const cassette: Cassette = {
            agproxy: 'cassette',
            version: 1,
            id: head.id,
            at,
            status: finished.status ?? null,
            ending: finished.ending,
            request: {
              method: head.method,
              path: head.path,
              query: plainQuery(head.query),
              headers: plainHeaders(head.headers),
              body: withoutUser(body),
            },
            attempts: takes.map((take) => take.attempt(first.bytes)),
          }
          const keys = [...accountKeys(), ...presentedKeys(head.headers)]
          return cassetteText(cassette, { keys, names: namesOfUser(body) }, (text) => finished.masked(text))
        })
      },
      dispose: () => files.flush(),
    }
  },
})
