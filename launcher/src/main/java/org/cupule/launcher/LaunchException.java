package org.cupule.launcher;

/**
 * A start that failed: its message is one sentence for the person at the terminal, and says what to do.
 *
 * @threading immutable
 */
final class LaunchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The exit status that says so. */
    final int status;

    LaunchException(int status, String message) {
        super(message);
        this.status = status;
    }

    LaunchException(int status, String message, Throwable cause) {
        super(message, cause);
        this.status = status;
    }
}
