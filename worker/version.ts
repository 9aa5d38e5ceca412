/** The version of package.json, which the Worker does not carry along; a test holds the two equal. */
export const VERSION = "0.1.0";
