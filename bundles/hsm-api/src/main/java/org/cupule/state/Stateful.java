package org.cupule.state;

/**
 * A model whose state can be taken out and put into another implementation of the same kind.
 *
 * <p>
 * Both calls are made only while the model is quiesced (no other call is inside it). Saving does not change the model:
 * saving twice without a call in between gives equal states.
 *
 * @threading confined: the caller has quiesced the model
 */
public interface Stateful {
    /**
     * {@return the kinds and versions of state that this model reads and writes}
     */
    StateSchema schema();

    /**
     * Takes the state out.
     *
     * @param version
     *            one of the versions that {@link #schema()} writes
     * @return the state, of the schema's kind and the asked version
     */
    ModelState save(int version);

    /**
     * Puts a state in, replacing all of the present one.
     *
     * @param state
     *            of the schema's kind and of a version that the schema reads
     * @throws StateException
     *             when a field is missing or has a value that no such model can have; the model may then be in any
     *             state and must not be used further
     */
    void restore(ModelState state);
}
