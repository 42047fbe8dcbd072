import { GoogleAuth } from 'google-auth-library'
import type { HttpClient } from '../../core/index.js'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
/** Milliseconds for one call to Google's token endpoint. */
const TIMEOUT = 10_000

/** Google's own library, which keeps and renews the token. In a file of its own, so that it is loaded with the first call that needs it. */
export function openAuth(keyFile: string | undefined, http: HttpClient): GoogleAuth {
  const transporterOptions = { fetchImplementation: http.native, timeout: TIMEOUT }
  return new GoogleAuth({
    scopes: SCOPE,
    ...(keyFile !== undefined && { keyFilename: keyFile }),
    clientOptions: { transporterOptions },
  })
}
