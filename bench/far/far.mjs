import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The certificate that clients of these upstreams have to trust. */
export const CERTIFICATE = fileURLToPath(new URL('../../test/fixtures/tls/self-signed.pem', import.meta.url))

/**
 * @typedef {object} Way
 * @property {string} name
 * @property {string} origin
 * @property {() => Promise<{ handshakes: number, resumed: number }>} counts
 */

/** Upstreams over TLS in front of the stub, each with a way of its own. */
export class Far {
  #count = 0

  /** @param {number} stub the stub's port */
  constructor(stub) {
    this.stub = stub
    this.child = fork(fileURLToPath(new URL('main.mjs', import.meta.url)), { stdio: 'inherit' })
    this.child.setMaxListeners(0)
    process.on('exit', () => this.stop())
  }

  get pid() {
    return this.child.pid ?? 0
  }

  /** `delay` ms each way; connections without a request are closed after `idle` ms. @param {{ delay?: number, idle?: number }} [options] @returns {Promise<Way>} */
  async open({ delay = 0, idle = 0 } = {}) {
    const { index, port } = await this.#ask({ open: { stub: this.stub, delay, idle } })
    return {
      name: `tls-${index}`,
      origin: `https://127.0.0.1:${port}`,
      counts: async () => ({ ...(await this.#ask({ counts: index })) }),
    }
  }

  stop() {
    this.child.kill('SIGKILL')
  }

  /** @param {object} question @returns {Promise<any>} */
  #ask(question) {
    const id = ++this.#count
    return new Promise((resolve) => {
      const heard = (/** @type {any} */ message) => {
        if (message.id !== id) return
        this.child.off('message', heard)
        resolve(message.answer)
      }
      this.child.on('message', heard)
      this.child.send({ id, ...question })
    })
  }
}
