import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('./types.mjs').Subject} Subject */

/** claude-code-router 3.1.1 can't be installed: npm has no `@the-next-ai/ai-gateway`, on which it depends (E404). */
export const PEERS = {
  '@portkey-ai/gateway': '1.15.2',
  '@musistudio/claude-code-router': '2.0.0',
  '@lmnr-ai/claude-code-proxy': '0.1.24',
}

/**
 * Portkey answers every stream with a 500 when npm gives it a newer one: github.com/Portkey-AI/gateway/issues/1389. It is
 * pinned, or there would be nothing to measure.
 */
const overrides = { '@hono/node-server': '1.14.1' }

/** Installs the peers into `folder`, once. Returns why that failed, if it did. @param {string} folder @returns {string | undefined} */
export function installPeers(folder) {
  const wanted = Object.entries({ ...PEERS, ...overrides })
  const there = ([name, version]) => installedVersion(folder, name) === version
  if (wanted.every(there)) return undefined
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, overrides }))
  const specs = Object.entries(PEERS).map(([name, version]) => `${name}@${version}`)
  const flags = ['--save-exact', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  try {
    execFileSync('npm', ['install', ...flags, ...specs], { cwd: folder, stdio: 'pipe', timeout: 120_000 })
    return undefined
  } catch (error) {
    return `npm could not install it: ${String(/** @type {{ stderr?: Buffer }} */ (error).stderr ?? error).slice(0, 300)}`
  }
}

/** @param {string} folder @param {string} name @returns {string | undefined} */
function installedVersion(folder, name) {
  const file = join(folder, 'node_modules', name, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined
}

/** As its quick start says; provider and upstream are named by the client's headers. @type {Subject} */
export const portkey = {
  name: 'portkey',
  title: `Portkey gateway ${PEERS['@portkey-ai/gateway']}`,
  node: true,
  peer: true,
  rewrites: 'any',
  headers: {
    'x-portkey-provider': 'anthropic',
    'x-portkey-custom-host': 'http://127.0.0.1:{upstream}/v1',
    authorization: 'Bearer sk-bench',
  },
  command: ({ peers, port, nodeArgs }) => ({
    command: process.execPath,
    args: [
      ...nodeArgs,
      join(peers, 'node_modules/@portkey-ai/gateway/build/start-server.js'),
      `--port=${port}`,
    ],
  }),
}

/** One provider with the `Anthropic` transformer, which its documentation names for Anthropic-shaped upstreams. @type {Subject} */
export const router = {
  name: 'ccr',
  title: `claude-code-router ${PEERS['@musistudio/claude-code-router']}`,
  node: true,
  peer: true,
  rewrites: 'any',
  command({ peers, port, upstream, folder, nodeArgs }) {
    mkdirSync(join(folder, '.claude-code-router'), { recursive: true })
    const provider = {
      name: 'bench',
      api_base_url: `http://127.0.0.1:${upstream}/v1/messages`,
      api_key: 'sk-upstream',
      models: ['claude-opus-5-5'],
      transformer: { use: ['Anthropic'] },
    }
    const config = { PORT: port, Providers: [provider], Router: { default: 'bench,claude-opus-5-5' } }
    writeFileSync(join(folder, '.claude-code-router/config.json'), JSON.stringify(config))
    const cli = join(peers, 'node_modules/@musistudio/claude-code-router/dist/cli.js')
    return { command: process.execPath, args: [...nodeArgs, cli, 'start'], env: { HOME: folder } }
  },
}

/** A proxy in Rust that Node loads as an addon; started as its types show. @type {Subject} */
export const laminar = {
  name: 'laminar',
  title: `Laminar claude-code-proxy ${PEERS['@lmnr-ai/claude-code-proxy']}`,
  node: true,
  peer: true,
  rewrites: 'any',
  command: ({ peers, port, origin, nodeArgs }) => ({
    command: process.execPath,
    args: [
      ...nodeArgs,
      '-e',
      'const [library, port, url] = process.argv.slice(1); new (require(library).ProxyServer)(Number(port)).runServer(url)',
      join(peers, 'node_modules/@lmnr-ai/claude-code-proxy'),
      String(port),
      origin,
    ],
  }),
}
