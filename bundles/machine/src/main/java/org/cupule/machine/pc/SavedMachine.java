package org.cupule.machine.pc;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.device.SavedDevice;
import org.cupule.state.ModelState;
import org.cupule.state.SavedModel;
import org.cupule.state.StateException;
import org.cupule.types.Behaviour;

/**
 * A machine as data, but for the content of its memory.
 *
 * <pre>
 *  machine            kind machine, version 1: its description without devices, and why it stood still
 *  machine.devices    kind machine-devices: the devices, in the order in which they came
 *  machine.pci        the PCI bus, if there is one
 *  machine.console    what has been said, and what waits to be read
 *  vm.PLACE           as the HSM calls it
 * </pre>
 *
 * @param description
 *            what it is made of; its devices are in {@code devices}
 * @param reason
 *            why it had stopped by itself; empty when somebody has paused it
 * @param devices
 *            the devices
 * @param bus
 *            the PCI bus
 * @param console
 *            the console
 * @param vm
 *            the VM
 * @threading immutable
 */
record SavedMachine(MachineDescription description, String reason, List<SavedDevice> devices, Optional<SavedModel> bus,
        ModelState console, Map<String, ModelState> vm) {
    private static final String MACHINE = "machine";
    private static final String DEVICES = "machine.devices";
    private static final String BUS = "machine.pci";
    private static final String CONSOLE = "machine.console";
    private static final String VM = "vm.";
    private static final int MOST_DEVICES = 1024;

    /** {@return itself as states} */
    Map<String, ModelState> toStates() {
        var states = new TreeMap<String, ModelState>();
        states.put(MACHINE, machine());
        states.put(DEVICES, ModelState.of("machine-devices", 1)
                .put("devices", devices.stream().map(SavedDevice::toState).toList()).build());
        bus.ifPresent(model -> states.put(BUS, model.toState()));
        states.put(CONSOLE, console);
        vm.forEach((place, state) -> states.put(VM + place, state));
        return states;
    }

    private ModelState machine() {
        ModelState.Builder models = ModelState.of("map", 1);
        description.models().forEach(models::put);
        ModelState.Builder state = ModelState.of("machine", 1).put("name", description.name())
                .put("hypervisor", description.hypervisor()).put("memoryBytes", description.memoryBytes())
                .put("cpus", description.cpus()).put("models", models.build())
                .put("behaviour", description.behaviour().name()).put("deterministic", description.deterministic())
                .put("queuedUpcall", description.queuedUpcall()).put("acpi", description.acpi()).put("reason", reason);
        description.image().ifPresent(image -> state.put("image", image(image)));
        return state.build();
    }

    private static ModelState image(Image image) {
        ModelState.Builder modules = ModelState.of("list", 1);
        for (int i = 0; i < image.modules().size(); i++) {
            modules.put("%04d".formatted(i), image.modules().get(i).toString());
        }
        return ModelState.of("machine-image", 1)
                .put("file", image.file().map(file -> file.toAbsolutePath().toString()).orElse(""))
                .put("builtin", image.builtin()).put("format", image.format()).put("address", image.address())
                .put("append", image.append()).put("modules", modules.build()).build();
    }

    /** {@return what {@link #toStates} has made} */
    static SavedMachine of(Map<String, ModelState> states) {
        ModelState machine = state(states, MACHINE, "machine");
        List<SavedDevice> devices = state(states, DEVICES, "machine-devices").list("devices").stream()
                .map(SavedDevice::of).toList();
        if (devices.size() > MOST_DEVICES) {
            throw new StateException("the machine has %d devices".formatted(devices.size()));
        }
        var vm = new HashMap<String, ModelState>();
        states.forEach((place, state) -> {
            if (place.startsWith(VM)) {
                vm.put(place.substring(VM.length()), state);
            }
        });
        return new SavedMachine(description(machine, devices), machine.text("reason"), devices,
                Optional.ofNullable(states.get(BUS)).map(SavedModel::of), state(states, CONSOLE, "console"), vm);
    }

    private static ModelState state(Map<String, ModelState> states, String place, String kind) {
        ModelState state = states.get(place);
        if (state == null || !state.kind().equals(kind) || state.version() != 1) {
            throw new StateException("there is no state '%s' version 1 of '%s'".formatted(kind, place));
        }
        return state;
    }

    private static MachineDescription description(ModelState state, List<SavedDevice> devices) {
        var models = new HashMap<String, String>();
        ModelState saved = state.nested("models");
        saved.fields().keySet().forEach(kind -> models.put(kind, saved.text(kind)));
        List<DeviceDescription> described = devices.stream().map(SavedDevice::description).toList();
        return new MachineDescription(state.text("name"), state.text("hypervisor"), state.number("memoryBytes"),
                (int) state.number("cpus", 1, 16),
                state.has("image") ? Optional.of(restoredImage(state.nested("image"))) : Optional.empty(), described,
                models, behaviour(state.text("behaviour")), state.flag("deterministic"), state.flag("queuedUpcall"),
                false,
                !state.has("acpi") || state.flag("acpi"));
    }

    private static Image restoredImage(ModelState state) {
        String file = state.text("file");
        var modules = new ArrayList<Path>();
        ModelState saved = state.nested("modules");
        saved.fields().keySet().forEach(name -> modules.add(Path.of(saved.text(name))));
        return new Image(file.isEmpty() ? Optional.empty() : Optional.of(Path.of(file)), state.text("builtin"),
                state.text("format"), state.number("address"), state.text("append"), modules);
    }

    private static Behaviour behaviour(String name) {
        for (Behaviour behaviour : Behaviour.values()) {
            if (behaviour.name().equals(name)) {
                return behaviour;
            }
        }
        throw new StateException("there is no behaviour '%s'".formatted(name));
    }
}
