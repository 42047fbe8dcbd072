/**
 * @typedef {object} Place where an instance of a subject lives
 * @property {string} folder its own, empty
 * @property {number} port
 * @property {number} upstream the stub's port
 * @property {string} origin where its requests go, which may be the stub over TLS
 * @property {string} root the repository
 * @property {string} dist agproxy's build
 * @property {string} peers folder with the peers' node_modules
 * @property {string[]} nodeArgs flags for Node, as the profiler and the loop watch need them
 *
 * @typedef {object} Command
 * @property {string} command
 * @property {string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 *
 * @typedef {object} Subject
 * @property {string} name
 * @property {string} title
 * @property {boolean} [node] runs on Node, so that its event loop can be watched
 * @property {boolean} [peer] somebody else's gateway: it may render answers anew, and it being wrong fails nobody's CI
 * @property {boolean} [folds] answers a client that wants JSON from a stream, so the JSON is equal in sense, not in bytes
 * @property {'none' | 'fixes' | 'any'} rewrites what becomes of the request's body on the way
 * @property {Record<string, string>} [headers] that its clients have to send, with `{upstream}` for the stub's port
 * @property {(root: string) => string | undefined} [missing] why it can't take part
 * @property {(place: Place) => Command} [command] how to start it; without one the load goes straight to the stub
 */
export {}
