package org.cupule.state;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What is kept of a model in a file: who it was, and its state in each version that it writes, since nobody knows yet
 * which model will read it.
 *
 * @param model
 *            {@code name@version}, for people and for the choice among those that read the state
 * @param states
 *            the state, once a version, all of one kind; not empty
 * @threading immutable
 */
public record SavedModel(String model, List<ModelState> states) {
    private static final String KIND = "saved-model";
    private static final int MOST_VERSIONS = 64;

    /** Copies the list; a {@link StateException} when it is empty or of several kinds. */
    public SavedModel {
        states = List.copyOf(states);
        if (states.isEmpty() || states.stream().map(ModelState::kind).distinct().count() != 1) {
            throw new StateException("%s: %d states that are not of one kind".formatted(model, states.size()));
        }
    }

    /** {@return a model's state in each version that it writes} */
    public static SavedModel of(String id, Stateful model) {
        var states = new ArrayList<ModelState>();
        for (int version : model.schema().writes().stream().sorted().toList()) {
            states.add(model.save(version));
        }
        return new SavedModel(id, states);
    }

    /** {@return what {@link #toState} has made} */
    public static SavedModel of(ModelState state) {
        if (!state.kind().equals(KIND) || state.version() != 1) {
            throw new StateException("%s version %d is no saved model".formatted(state.kind(), state.version()));
        }
        List<ModelState> states = state.list("states");
        if (states.size() > MOST_VERSIONS) {
            throw new StateException("saved-model: %d versions of one state".formatted(states.size()));
        }
        return new SavedModel(state.text("model"), states);
    }

    /** {@return itself as a state} */
    public ModelState toState() {
        return ModelState.of(KIND, 1).put("model", model).put("states", states).build();
    }

    /** {@return the kind of the state} */
    public String kind() {
        return states.getFirst().kind();
    }

    /** {@return the state in the highest version that a model reads} */
    public Optional<ModelState> stateFor(StateSchema reader) {
        return states.stream().filter(state -> state.kind().equals(reader.kind())
                && reader.reads().contains(state.version())).max(Comparator.comparing(ModelState::version));
    }

    /** {@return kind and versions, for people} */
    public String text() {
        return "state '%s' in versions %s".formatted(kind(), states.stream().map(ModelState::version).toList());
    }
}
