/** Once before the suite, in one process: two workers that install into one folder read each other's half-written package.json. */
export default async function installClients(): Promise<void> {
  await import('./clients.js')
}
