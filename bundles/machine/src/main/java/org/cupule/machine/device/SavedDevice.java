package org.cupule.machine.device;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.state.ModelState;
import org.cupule.state.SavedModel;
import org.cupule.state.StateException;
import org.cupule.time.VmTimer;

/**
 * A device as data: state kind {@code machine-device}, version 1.
 *
 * <pre>
 *  type name pci backend     text
 *  windows lines options     nested: name -> number, number, text
 *  model                     nested: the model, and its state in each version
 *  levels                    of its lines, in order
 *  deadlines                 nested: timer -> VM time
 * </pre>
 *
 * @param description
 *            where it lies; the model is the one that was there
 * @param parked
 *            its state, lines and timers
 * @threading immutable
 */
public record SavedDevice(DeviceDescription description, Parked parked) {
    private static final String KIND = "machine-device";
    private static final String MAP = "map";

    /** {@return itself as a state} */
    public ModelState toState() {
        var model = new SavedModel(description.model(), List.copyOf(parked.states().values()));
        long[] levels = new long[parked.levels().length];
        Arrays.setAll(levels, line -> parked.levels()[line] ? 1 : 0);
        return ModelState.of(KIND, 1).put("type", description.type()).put("name", description.name())
                .put("pci", description.pci()).put("backend", description.backend())
                .put("windows", numbers(description.windows())).put("lines", numbers(description.lines()))
                .put("options", texts(description.options())).put("model", model.toState()).put("levels", levels)
                .put("deadlines", numbers(parked.deadlines())).build();
    }

    /** {@return what {@link #toState} has made} */
    public static SavedDevice of(ModelState state) {
        if (!state.kind().equals(KIND) || state.version() != 1) {
            throw new StateException("'%s' version %d is no saved device".formatted(state.kind(), state.version()));
        }
        SavedModel model = SavedModel.of(state.nested("model"));
        var lines = new HashMap<String, Integer>();
        numbers(state.nested("lines")).forEach((name, gsi) -> lines.put(name, Math.toIntExact(gsi)));
        var description = new DeviceDescription(state.text("type"), state.text("name"), model.model(),
                numbers(state.nested("windows")), lines, state.text("pci"), texts(state.nested("options")),
                state.text("backend"));
        var states = new TreeMap<Integer, ModelState>();
        model.states().forEach(each -> states.put(each.version(), each));
        long[] saved = state.longs("levels");
        boolean[] levels = new boolean[saved.length];
        for (int line = 0; line < levels.length; line++) {
            levels[line] = saved[line] != 0;
        }
        return new SavedDevice(description, new Parked(model.kind(), states, levels, deadlines(state)));
    }

    /** {@return {@code name@version} of the model that is to take it over; ENODEV when none reads its state} */
    public String modelIn(Catalogue catalogue) {
        return RestoredModels.device(this, catalogue).info().id();
    }

    private static Map<String, Long> deadlines(ModelState state) {
        Map<String, Long> deadlines = numbers(state.nested("deadlines"));
        if (deadlines.values().stream().anyMatch(deadline -> deadline < 0 && deadline != VmTimer.NEVER)) {
            throw new StateException("a timer has a deadline before the beginning of time: " + deadlines);
        }
        return deadlines;
    }

    private static ModelState numbers(Map<String, ? extends Number> map) {
        ModelState.Builder state = ModelState.of(MAP, 1);
        map.forEach((name, number) -> state.put(name, number.longValue()));
        return state.build();
    }

    private static Map<String, Long> numbers(ModelState state) {
        var map = new HashMap<String, Long>();
        state.fields().keySet().forEach(name -> map.put(name, state.number(name)));
        return map;
    }

    private static ModelState texts(Map<String, String> map) {
        ModelState.Builder state = ModelState.of(MAP, 1);
        map.forEach(state::put);
        return state.build();
    }

    private static Map<String, String> texts(ModelState state) {
        var map = new HashMap<String, String>();
        state.fields().keySet().forEach(name -> map.put(name, state.text(name)));
        return map;
    }
}
