/** What is asked for when nothing is said: Core, Social Media and Tessera's own. */
export const APPLICATIONS: readonly number[] = [0, 1, 0x7006_8b0c]
