import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import { closedPort } from '../support/bad-upstream.js'

export async function canStartNginx(): Promise<boolean> {
  return promisify(execFile)('nginx', ['-v']).then(
    () => true,
    () => false,
  )
}

/** The balancer of `deploy/`, before these gateways; ends with the test. Returns its URL. */
export async function startNginx(gateways: readonly string[]): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'agproxy-nginx-'))
  const port = await closedPort()
  let config = readFileSync(new URL('../../deploy/nginx.conf', import.meta.url), 'utf8')
  gateways.forEach((url, i) => {
    config = config.replace(`gateway-${i + 1}:8045`, new URL(url).host)
  })
  config = config.replaceAll('/tmp/', `${dir}/`).replace('listen 8080', `listen 127.0.0.1:${port}`)
  const file = join(dir, 'nginx.conf')
  writeFileSync(file, config)
  const child = spawn('nginx', ['-c', file, '-e', 'stderr', '-g', 'daemon off;'], { stdio: 'ignore' })
  onTestFinished(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
    rmSync(dir, { recursive: true, force: true })
  })
  const url = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(`${url}/healthz`).then(
      (response) => response.status,
      () => 0,
    )
  await expect.poll(answers, { timeout: 5_000 }).toBe(200)
  return url
}
