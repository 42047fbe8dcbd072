import { generateKeyPair, randomBytes } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import { promisify } from 'node:util'
import type { ServerOptions } from '../config/resolved.js'
import { readFileAt, whyUnreadable } from '../files/read.js'

/** Days; the longest that Apple's clients accept. */
const VALIDITY = 825

/** What TLS needs: the files or texts that the config names, or a new certificate for this machine at each start. */
export async function certificateOf(
  https: Exclude<ServerOptions['https'], false>,
): Promise<SecureContextOptions> {
  if (https === true) return selfSigned()
  const { cert, key, pfx, passphrase } = https
  if (!pfx && !(cert && key)) throw new Error('server.https: expected cert and key, or pfx')
  return {
    ...(pfx ? { pfx: bytesOf(pfx) } : { cert: pem(cert!), key: pem(key!) }),
    ...(passphrase !== undefined && { passphrase }),
  }
}

function pem(fileOrText: string): string {
  return fileOrText.trimStart().startsWith('-----') ? fileOrText : bytesOf(fileOrText).toString('utf8')
}

function bytesOf(file: string): Buffer {
  try {
    return readFileAt(file)
  } catch (error) {
    throw new Error(`server.https: ${file} ${whyUnreadable(error)}`)
  }
}

async function selfSigned(): Promise<SecureContextOptions> {
  const { default: forge } = await import('node-forge')
  const encoding = { format: 'pem' } as const
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048, // forge signs with RSA alone, and would take seconds to make the key
    privateKeyEncoding: { ...encoding, type: 'pkcs8' },
    publicKeyEncoding: { ...encoding, type: 'spki' },
  })
  const certificate = forge.pki.createCertificate()
  const now = Date.now()
  const name = [{ name: 'commonName', value: 'localhost' }]
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey)
  certificate.serialNumber = serialNumber()
  certificate.validity.notBefore = new Date(now - 3_600_000)
  certificate.validity.notAfter = new Date(now + VALIDITY * 86_400_000)
  certificate.setSubject(name)
  certificate.setIssuer(name)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    {
      name: 'subjectAltName',
      altNames: [
        { type: 2, value: 'localhost' },
        { type: 7, ip: '127.0.0.1' },
        { type: 7, ip: '::1' },
      ],
    },
  ])
  certificate.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(certificate), key: privateKey }
}

/**
 * Hexadecimal. The first byte is no zero and below 80, so that the number is positive in its shortest form: one certificate in 512
 * began with zeros that DER forbids, and TLS did not start.
 */
export function serialNumber(): string {
  return `40${randomBytes(16).toString('hex')}`
}
