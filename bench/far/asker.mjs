import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { CERTIFICATE } from './far.mjs'

/** A client that keeps its connections as long as the other side does. */
export class Asker {
  /** @param {string} origin @param {Buffer} body */
  constructor(origin, body) {
    const library = origin.startsWith('https:') ? https : http
    this.origin = origin
    this.body = body
    this.library = library
    this.agent = new library.Agent({
      keepAlive: true,
      ...(library === https && { ca: readFileSync(CERTIFICATE) }),
    })
  }

  /** Milliseconds from the first byte of a streamed request to the first byte of its answer's body. @returns {Promise<number>} */
  ask() {
    const headers = {
      'content-type': 'application/json',
      'x-api-key': 'sk-bench',
      'anthropic-version': '2023-06-01',
      'x-claude-code-session-id': 'cd311f90-866d-48c1-8ee4-0e1ce8df4984',
      'content-length': this.body.length,
    }
    return new Promise((resolve, reject) => {
      const began = performance.now()
      const options = { method: 'POST', agent: this.agent, headers }
      const req = this.library.request(`${this.origin}/v1/messages?beta=true`, options, (res) => {
        let first = 0
        let text = ''
        res.on('data', (chunk) => {
          first ||= performance.now() - began
          text += chunk
        })
        res.on('error', reject)
        res.on('end', () => {
          if (res.statusCode === 200 && text.includes('message_stop')) resolve(first)
          else reject(new Error(`not the answer: status ${res.statusCode}, ${text.slice(0, 200)}`))
        })
      })
      req.on('error', reject)
      req.end(this.body)
    })
  }

  /** The first word of Claude Code. @returns {Promise<void>} */
  hello() {
    return new Promise((resolve, reject) => {
      const req = this.library.request(this.origin, { method: 'HEAD', agent: this.agent }, (res) =>
        res.resume().on('end', resolve),
      )
      req.on('error', reject).end()
    })
  }

  close() {
    this.agent.destroy()
  }
}
