export { AccountPool, type AccountStatus } from '../pool/pool.js'
export { PoolState } from '../pool/state.js'
