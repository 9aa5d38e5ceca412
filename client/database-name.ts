/** The database that holds everything but choice and secret, so that a withdrawal deletes it whole. */
export const DATABASE = "waypost";
