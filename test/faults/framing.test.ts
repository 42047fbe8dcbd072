import { framingRows } from './rows/framing.js'
import { observeRows } from './run.js'

observeRows('spelling its events', framingRows)
