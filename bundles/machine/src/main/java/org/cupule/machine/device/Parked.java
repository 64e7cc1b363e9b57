package org.cupule.machine.device;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.time.VmTimer;

/**
 * What is kept of a device whose plug-in went away: its state in every version that it wrote, its lines and deadlines.
 * Nothing of it is of the plug-in's own classes.
 *
 * @param stateKind
 *            kind of the state
 * @param states
 *            the state, by version
 * @param levels
 *            level of each line
 * @param deadlines
 *            deadline of each timer, by its name
 * @threading immutable: the array must not be changed
 */
public record Parked(String stateKind, TreeMap<Integer, ModelState> states, boolean[] levels,
        Map<String, Long> deadlines) {
    /** {@return the highest version that a model reads} */
    Optional<ModelState> stateFor(StateSchema reader) {
        return reader.kind().equals(stateKind)
                ? states.descendingMap().entrySet().stream()
                        .filter(entry -> reader.reads().contains(entry.getKey())).map(Map.Entry::getValue).findFirst()
                : Optional.empty();
    }

    /** {@return the deadline that a timer of this name had} */
    long deadline(String name) {
        return deadlines.getOrDefault(name, VmTimer.NEVER);
    }
}
