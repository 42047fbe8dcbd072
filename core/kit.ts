// `agproxy/kit`, the second door: tools that our own plugins are made with. See docs/writing-plugins.md.
export { releaseOnEnd } from './accounts/release-on-end.js'
export { accountRequest } from './accounts/request.js'
export {
  CASSETTE_VERSION,
  type Cassette,
  type CassetteAnswer,
  type CassetteAttempt,
  type CassetteEvent,
  type CassetteRequest,
} from './cassette/format.js'
export type { AccountRequest, Lease, SessionKey } from './contract/accounts.js'
export type { Change, ShownChanges } from './contract/change.js'
export type { Cancellation, EventMapper, HeaderList } from './contract/http.js'
export {
  type ErrorBody,
  type ErrorType,
  errorBody,
  isErrorBody,
  isServerFailure,
  statusOfType,
  typeOfStatus,
} from './errors/api-errors.js'
export { embeddedError, errorInEvent } from './errors/embedded-error.js'
export { isKnownError, loggable, ReportedError } from './errors/gateway-errors.js'
export { type UpstreamWords, wordsOfJson } from './errors/upstream-words.js'
export { orCancelled, sleep } from './exchange/cancellation.js'
export { bodyDifferences, changesBetween, undeclared } from './exchange/changes.js'
export { KeyRing, presentedKeys } from './exchange/client-keys.js'
export { editMessage } from './exchange/edit-message.js'
export { foreignSource } from './exchange/foreign-source.js'
export { endToEnd, header, headerText } from './exchange/headers.js'
export { cancellationOf, decodedShare, heldBytes, withSource } from './exchange/inner.js'
export { isLoopback } from './exchange/loopback.js'
export { type MapTextOptions, mapText } from './exchange/map-text.js'
export { namedWindow } from './exchange/named-window.js'
export { type Passage, Sightings } from './exchange/passages.js'
export { plainHeaders } from './exchange/plain-headers.js'
export { SEAL } from './exchange/sealed.js'
export { shownStatus } from './exchange/shown-status.js'
export { type ReplyWatcher, watchReply } from './exchange/watch-reply.js'
export { oddFile } from './files/read.js'
export { addedItems, applyEdits, arrayOf, withoutItems, withoutMembers } from './json/edit.js'
export { JsonNode } from './json/node.js'
export { isRecord, type JsonRecord, parseJson } from './json/plain.js'
export { NestingError } from './json/scan.js'
export { type NamedFactory, namedUpstream } from './plugin/named.js'
export { optionalPackage } from './plugin/optional-package.js'
export { FORWARDED_ROUTES } from './plugin/routes.js'
export { costOf, type RequestCost } from './prices/cost-of.js'
export { stateFolder } from './state/folder.js'
export { PassThrough } from './stream/pass-through.js'
export { bytesSource, chunksOf, collect, iterableSource } from './stream/source.js'
export { FrameDecoder } from './stream/sse-decoder.js'
export { looksLikeEvents } from './stream/sse-event.js'
export { ACCEPT_NAMES, ACCEPTS, acceptsOption } from './upstream/accepts.js'
export {
  createForwarder,
  type ForwarderOptions,
  type ForwarderServices,
} from './upstream/anthropic-forwarder.js'
export { baseURLOption, isBaseURL, parseBaseURL } from './upstream/base-url.js'
export { claudeFacts } from './upstream/claude-facts.js'
export { cooldownOf } from './upstream/cooldown.js'
export { wordsOfText } from './upstream/error-text.js'
export { acceptsOf, type Fact } from './upstream/facts.js'
export { clientKeyOption } from './upstream/key-text.js'
export { keyOf } from './upstream/keys.js'
export { extended, Learned, type Lesson } from './upstream/learned.js'
export { mapModel, mappedName, matchesModel, namedModels } from './upstream/models.js'
export { retryAfterSeconds, retryDelay, withLocalTimes } from './upstream/retry-after.js'
export { durationText } from './upstream/times.js'
export { bodyWith, type Wire, type WireContext, type WireRequest } from './upstream/wire.js'
