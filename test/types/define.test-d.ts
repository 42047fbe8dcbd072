// Checked by `tsc -p .`: every `@ts-expect-error` must be an error, everything else must not.
import { type Config, defineConfig, definePlugin, definePreset, defineUpstream, Reply, z } from 'agproxy'
import { auth } from 'agproxy/plugins'
import { claudeCode } from 'agproxy/presets'

const stamp = definePlugin({
  name: 'stamp',
  phase: 'request',
  options: z.strictObject({ text: z.string().default('hello'), times: z.number() }),
  create: ({ options }) => ({ onReply: (reply) => reply.with({ headers: { 'x-stamp': options.text } }) }),
})
const bare = definePlugin({ name: 'bare', phase: 'request', create: () => ({}) })
// @ts-expect-error neither a class nor a function
definePlugin({ name: 'empty', phase: 'request' })
// @ts-expect-error a class and a function
definePlugin({ name: 'both', phase: 'request', use: class {}, create: () => ({}) })
/** Stands in for a preset from somebody else's package. */
const foreign = definePreset({ name: 'foreign', plugins: [auth, stamp({ times: 1 }), bare] })

// No preset: the plugins of claude-code.
defineConfig({})
defineConfig({ plugins: { auth: { mode: 'strict', keys: ['a'] }, warmup: false, zai: true } })
defineConfig({ plugins: { 'retry-rotate': { maxAttempts: 5 } } })
// @ts-expect-error unknown plugin
defineConfig({ plugins: { warmpu: false } })
// @ts-expect-error unknown option
defineConfig({ plugins: { auth: { mod: 'strict' } } })
// @ts-expect-error wrong type of an option
defineConfig({ plugins: { 'retry-rotate': { maxAttempts: 'many' } } })
// @ts-expect-error not one of the values
defineConfig({ plugins: { auth: { mode: 'sometimes' } } })
// @ts-expect-error neither options nor a boolean
defineConfig({ plugins: { warmup: 'off' } })

// @ts-expect-error no plugin of the preset has this short form's name
defineConfig({ preset: 'passthrough', metrics: true })
// The options of some plugins may stand at the top level.
const metrics = definePlugin({
  name: 'metrics',
  phase: 'request',
  optIn: true,
  options: z.strictObject({ public: z.boolean().default(false) }),
  create: () => ({}),
})
defineConfig({ use: [metrics], metrics: { public: true } })
// @ts-expect-error an unknown option
defineConfig({ use: [metrics], metrics: { pubic: true } })

// A preset by name.
defineConfig({ preset: 'passthrough', plugins: { anthropic: { baseURL: 'https://example.com' } } })
// @ts-expect-error passthrough has no zai
defineConfig({ preset: 'passthrough', plugins: { zai: false } })
// @ts-expect-error unknown preset
defineConfig({ preset: 'passthru' })

// Somebody else's preset.
defineConfig({ preset: foreign, plugins: { stamp: { times: 2, text: 'x' }, bare: false } })
defineConfig({ preset: foreign, plugins: { stamp: { times: 2 }, auth: { mode: 'off' } } })
// @ts-expect-error stamp's `times` has no default
defineConfig({ preset: foreign, plugins: { stamp: { text: 'x' } } })
// @ts-expect-error wrong type in a foreign plugin
defineConfig({ preset: foreign, plugins: { stamp: { times: '2' } } })
// @ts-expect-error bare takes no options
defineConfig({ preset: foreign, plugins: { bare: { any: 1 } } })
// @ts-expect-error the foreign preset has no zai
defineConfig({ preset: foreign, plugins: { zai: false } })

// Several presets: the plugins of all of them.
defineConfig({ preset: ['passthrough', foreign], plugins: { anthropic: true, stamp: { times: 1 } } })
defineConfig({ preset: [claudeCode, foreign], plugins: { zai: { dispatch: 'off' }, stamp: false } })
// @ts-expect-error in none of the two
defineConfig({ preset: ['passthrough', foreign], plugins: { zai: false } })
// @ts-expect-error wrong option in the second
defineConfig({ preset: ['passthrough', foreign], plugins: { stamp: { tims: 1 } } })
// @ts-expect-error unknown preset in a list
defineConfig({ preset: ['passthru', foreign] })

// A later preset's plugin of the same name brings its own options.
const otherAuth = definePlugin({
  name: 'auth',
  phase: 'request',
  options: z.strictObject({ issuer: z.string().optional() }),
  create: () => ({}),
})
const oidc = definePreset({ name: 'oidc', plugins: [otherAuth] })
defineConfig({
  preset: ['claude-code', oidc],
  plugins: { auth: { issuer: 'https://example.com' }, zai: true },
})
// @ts-expect-error those of the replaced one are gone
defineConfig({ preset: ['claude-code', oidc], plugins: { auth: { mode: 'strict' } } })

// Own plugins: factories, specs, falsy entries; their options can stand in `plugins` too.
const flag = Boolean(process.env.FLAG)
defineConfig({ use: [stamp({ times: 1 }), bare, flag && bare, null, undefined] })
defineConfig({ use: [stamp({ times: 1 })], plugins: { stamp: { times: 3 }, warmup: false } })
defineConfig({ use: [flag && stamp({ times: 1 })], plugins: { stamp: false } })
// @ts-expect-error wrong option type in the factory
defineConfig({ use: [stamp({ times: 'x' })] })
// @ts-expect-error wrong option name for an own plugin
defineConfig({ use: [stamp({ times: 1 })], plugins: { stamp: { time: 3 } } })
// @ts-expect-error not a plugin
defineConfig({ use: [{ name: 'stamp' }] })

// The rest of a config.
defineConfig({
  server: { host: '::1', port: 1, bodyLimit: '100mb', https: { cert: 'a.pem', key: 'b.pem' } },
  accounts: [
    { upstream: 'zai', apiKey: process.env.ZAI_API_KEY },
    { id: 'own', upstream: 'anthropic', apiKey: async () => 'key', email: 'me@example.com', weight: 2 },
  ],
  log: { level: 'debug', format: 'json' },
  state: { url: process.env.REDIS_URL },
})
// @ts-expect-error misspelt key
defineConfig({ acounts: [] })
// @ts-expect-error misspelt server option
defineConfig({ server: { prot: 1 } })
// @ts-expect-error a size without a unit
defineConfig({ server: { bodyLimit: '100' } })
// @ts-expect-error misspelt key of an account
defineConfig({ accounts: [{ upstream: 'zai', apikey: 'x' }] })
// @ts-expect-error an account belongs to an upstream
defineConfig({ accounts: [{ id: 'x' }] })
// @ts-expect-error not a level
defineConfig({ log: { level: 'loud' } })

// What it returns is still a config.
const config: Config = defineConfig({ preset: foreign, plugins: { stamp: { times: 1 } } })
export default config

// Services by name, each with its own type.
defineConfig({ services: { accounts: ({ builtIn }) => builtIn(), http: (context) => context.http } })
defineConfig({ services: { logger: ({ builtIn }) => builtIn().child({ team: 'a' }) } })
// @ts-expect-error unknown service
defineConfig({ services: { acounts: () => undefined as never } })
// @ts-expect-error no service of this type
defineConfig({ services: { accounts: () => ({ all: () => [] }) } })
// @ts-expect-error the service itself, and not a factory
defineConfig({ services: { transport: { send: () => Promise.reject(new Error()) } } })
// @ts-expect-error the chain's services are not there yet
defineConfig({ services: { state: ({ accounts }) => accounts as never } })
// @ts-expect-error upstreams are declared
defineConfig({ services: { upstreams: () => undefined as never } })
definePreset({ name: 'own', plugins: [], services: { transport: ({ builtIn }) => builtIn() } })
// @ts-expect-error unknown service of a preset
definePreset({ name: 'own', plugins: [], services: { transpot: () => undefined as never } })

// Accounts name the upstreams that the config knows.
const canned = defineUpstream({ name: 'canned', send: () => Reply.json({}) })
defineConfig({ accounts: [{ upstream: 'zai' }, { upstream: 'anthropic' }, { upstream: 'echo' }] })
defineConfig({ accounts: [{ upstream: 'canned' }], use: [canned] })
defineConfig({
  accounts: [{ upstream: 'gemini' }],
  upstreams: [{ name: 'gemini', provider: '@ai-sdk/google' }],
})
defineConfig({ accounts: ['a', 'b'].map((id) => ({ id, upstream: 'zai', apiKey: id })) })
// @ts-expect-error a misspelt upstream
defineConfig({ accounts: [{ upstream: 'zia' }] })
// @ts-expect-error a plugin is no upstream
defineConfig({ accounts: [{ upstream: 'auth' }] })
// @ts-expect-error of another preset
defineConfig({ preset: 'passthrough', accounts: [{ upstream: 'zai' }] })
