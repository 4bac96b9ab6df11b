/** The longest service URL, in characters. */
export const MAX_SERVICE_URL = 2_048

const FORM = /^https?:\/\/[\x21-\x7e]+$/

/** Whether a text may be a service URL: http or https, printable ASCII without spaces, at most 2,048 characters. It goes into an HTTP header as it is. */
export const isServiceUrl = (text: string): boolean => text.length <= MAX_SERVICE_URL && FORM.test(text)
