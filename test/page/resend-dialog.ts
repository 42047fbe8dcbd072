import type { Page } from 'playwright-core'

/** Of an opened request: the dialog that sends it elsewhere. */
export async function openResend(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Send to another model…' }).click()
  await page.getByRole('dialog').getByText('Upstream or account').waitFor()
}

/** The same dialog once both answers are there. */
export async function resendElsewhere(page: Page): Promise<void> {
  await openResend(page)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Model').fill('glm-4.5-air')
  await dialog.getByRole('button', { name: 'Send it, and pay for it' }).click()
  await dialog.getByText('Both answers').waitFor()
}
