import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @typedef {import('./types.mjs').Subject} Subject */

const proxy = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../proxies/${name}.mjs`, import.meta.url))

/** @param {string} file @param {string[]} more @returns {NonNullable<Subject['command']>} */
const nodeProxy =
  (file, ...more) =>
  ({ port, origin, nodeArgs }) => ({
    command: process.execPath,
    args: [...nodeArgs, proxy(file), String(port), origin, ...more],
  })

/** @type {Subject} */
export const direct = { name: 'direct', title: 'no proxy', rewrites: 'none' }

/** @type {Subject} */
export const http = {
  name: 'http',
  title: 'Node: http piped to http',
  node: true,
  rewrites: 'none',
  command: nodeProxy('http'),
}

/** @type {Subject} */
export const undici = {
  name: 'undici',
  title: 'Node: undici.dispatch',
  node: true,
  rewrites: 'none',
  command: nodeProxy('undici'),
}

/** @type {Subject} */
export const undiciCoalesced = {
  name: 'undici-coalesced',
  title: '… writes coalesced per tick',
  node: true,
  rewrites: 'none',
  command: nodeProxy('undici', 'coalesce'),
}

/** @type {Subject} */
export const nginx = {
  name: 'nginx',
  title: 'nginx',
  rewrites: 'none',
  missing() {
    try {
      execFileSync('nginx', ['-v'], { stdio: 'ignore' })
      return undefined
    } catch {
      return 'nginx is not installed (Debian: nginx-light)'
    }
  },
  command({ folder, port, upstream }) {
    const config = join(folder, 'nginx.conf')
    writeFileSync(config, nginxConfig(port, upstream))
    return { command: 'nginx', args: ['-p', folder, '-c', config, '-e', join(folder, 'error.log')] }
  },
}

/**
 * One process, as all subjects but `workers` are. As nginx's documentation says for streams: no buffering of answers,
 * HTTP/1.1 with kept connections upstream; bodies of this size stay in memory.
 * @param {number} port @param {number} upstream
 */
const nginxConfig = (port, upstream) => `daemon off; master_process off; pid nginx.pid;
events { worker_connections 8192; }
http {
  access_log access.log;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  client_max_body_size 100m; client_body_buffer_size 1m; keepalive_requests 100000000;
  upstream stub { server 127.0.0.1:${upstream}; keepalive 2048; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://stub; proxy_http_version 1.1; proxy_set_header connection ''; proxy_buffering off;
    }
  }
}
`
