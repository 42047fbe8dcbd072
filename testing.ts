// `agproxy/testing`: what authors of plugins and upstreams test with. See docs/writing-plugins.md.
import 'reflect-metadata'

export { decodedShare } from './core/exchange/inner.js'
export type { AfterSend, EndpointInit } from './test/harness/after-send.js'
export { type LoadedCassette, loadCassette } from './test/harness/cassette.js'
export { type TestChain, type TestChainOptions, testChain } from './test/harness/chain.js'
export {
  startTestGateway,
  type TestConfig,
  type TestGateway,
  type TestGatewayOptions,
} from './test/harness/gateway.js'
export {
  type Mounted,
  type MountOptions,
  mount,
  type TestUpstream,
} from './test/harness/mount.js'
export { type LogLine, recorder } from './test/harness/recorder.js'
export { ACCEPTS_ALL, makeCall, messageReply } from './test/harness/values.js'
