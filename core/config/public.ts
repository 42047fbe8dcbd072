export { bytes, duration, type Size } from '../plugin/units.js'
export { type Config, defineConfig, definePreset, type Preset, type Presets } from './define.js'
