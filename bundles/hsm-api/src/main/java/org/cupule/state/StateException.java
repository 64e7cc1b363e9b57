package org.cupule.state;

/**
 * A state that a model cannot take: a field is missing, of another type, or out of its range.
 *
 * @threading immutable
 */
public final class StateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Makes a failure with a sentence that names the field and its value. */
    public StateException(String sentence) {
        super(sentence);
    }
}
