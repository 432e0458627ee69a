// SPDX-License-Identifier: Apache-2.0
// What the pages share of other people's work, bundled once and cached once: the SDK and the charts.
export { Centrifuge, UnauthorizedError } from 'centrifuge'
export { default as uPlot } from 'uplot'
