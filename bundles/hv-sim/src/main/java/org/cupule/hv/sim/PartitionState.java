package org.cupule.hv.sim;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.cupule.hardware.HardwareFactory;
import org.cupule.state.ModelState;
import org.cupule.state.SavedModel;
import org.cupule.state.StateException;
import org.cupule.state.Stateful;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * A partition as data.
 *
 * <pre>
 *  partition     kind sim-partition: clock, lines, PCI latch, reason
 *  vcpu0 ...     kind sim-vcpu: what it does, its messages, its request
 *  cpu0 lapic0 ... ioapic pic     kind saved-model: the hardware in these places
 * </pre>
 *
 * The EPT is not in it: it follows from the regions, which the HSM sets.
 *
 * @threading under the partition's life lock, while the vCPUs stand still
 */
final class PartitionState {
    private static final String PARTITION = "partition";
    private static final String KIND = "sim-partition";
    private static final String EPT = "ept";
    /** Half of what a signed number of nanoseconds holds, 146 years: deadlines are added to it. */
    private static final long MOST_NANOS = 1L << 62;

    private final SimPartition vm;
    private final Map<String, String> wished;

    /**
     * Prepares to save or restore.
     *
     * @param wished
     *            which models the maker of the partition has asked for, by kind
     */
    PartitionState(SimPartition vm, Map<String, String> wished) {
        this.vm = vm;
        this.wished = wished;
    }

    // ---- save

    Map<String, ModelState> save() {
        var states = new TreeMap<String, ModelState>();
        vm.irqs.flush();
        states.put(PARTITION, partition());
        vm.vcpus.forEach(vcpu -> states.put("vcpu" + vcpu.index, vcpu.save()));
        places().forEach(place -> place.guarded(() -> states.put(place.place, saved(place).toState())));
        return states;
    }

    private Stream<Fitted<?, ?>> places() {
        return vm.bay.places().stream().filter(place -> !place.place.equals(EPT));
    }

    private static SavedModel saved(Fitted<?, ?> place) {
        String model = place.offer().info().id();
        try {
            ModelState parked = place.parked();
            return parked == null ? SavedModel.of(model, place.model()) : new SavedModel(model, List.of(parked));
        } catch (RuntimeException | Error e) {
            throw new HsmException(Errno.EIO, "save", "%s of %s could not save its state: %s".formatted(model,
                    place.place, e), e);
        }
    }

    private ModelState partition() {
        String reason = vm.life.reason();
        return ModelState.of(KIND, 1).put("vcpus", vm.vcpuCount()).put("behaviour", vm.behaviour().name())
                .put("deterministic", vm.clock instanceof InstructionClock).put("nanos", vm.clock.nanos())
                .put("epochSeconds", vm.clock.epochSeconds()).put("levels", vm.fabric.levels())
                .put("pciLatch", vm.pciPorts.latch())
                .put("irqDelayMillis", vm.irqs.delayMillis()).put("reason", reason == null ? "" : reason).build();
    }

    // ---- restore

    /** Puts all of it in; fails with EINVAL, and with ENODEV where a model is missing. */
    void restore(Map<String, ModelState> saved) {
        checked(() -> {
            restorePartition(state(saved, PARTITION));
            // The time stamp counter before who counts with it, and the lines' levels before who looks at them.
            List<Fitted<?, ?>> order = places()
                    .sorted(Comparator.comparing(place -> !place.shelf.kind().equals("cpu"))).toList();
            order.forEach(place -> restore(place, SavedModel.of(state(saved, place.place))));
            vm.vcpus.forEach(vcpu -> vcpu.restore(state(saved, "vcpu" + vcpu.index)));
            return "";
        });
    }

    private static void checked(Supplier<String> action) {
        try {
            action.get();
        } catch (StateException | ArithmeticException | IndexOutOfBoundsException e) {
            throw new HsmException(Errno.EINVAL, "restore", "the saved state cannot be: " + e.getMessage(), e);
        }
    }

    private static ModelState state(Map<String, ModelState> saved, String place) {
        ModelState state = saved.get(place);
        if (state == null) {
            throw new StateException("there is no state of '%s'".formatted(place));
        }
        return state;
    }

    private void restorePartition(ModelState state) {
        if (!state.kind().equals(KIND) || state.version() != 1) {
            throw new StateException("the partition is of kind '%s' version %d; this hypervisor reads '%s' version 1"
                    .formatted(state.kind(), state.version(), KIND));
        }
        require(state.number("vcpus") == vm.vcpuCount(), "it has %d vCPUs, the partition %d", state.number("vcpus"),
                vm.vcpuCount());
        require(state.text("behaviour").equals(vm.behaviour().name()), "its behaviour is %s, the partition's %s",
                state.text("behaviour"), vm.behaviour());
        require(state.flag("deterministic") == vm.clock instanceof InstructionClock,
                "one of it and the partition has deterministic time");
        vm.clock.set(state.number("nanos", 0, MOST_NANOS), state.number("epochSeconds"));
        vm.fabric.restoreLevels(state.number("levels", 0, (1L << InterruptFabric.GSIS) - 1));
        vm.irqs.restored(vm.fabric.levels());
        vm.irqs.delayMillis(state.number("irqDelayMillis", 0, Integer.MAX_VALUE));
        vm.pciPorts.latch((int) state.number("pciLatch", Integer.MIN_VALUE, Integer.MAX_VALUE));
        String reason = state.text("reason");
        vm.life.reason(reason.isEmpty() ? null : reason);
    }

    private static void require(boolean holds, String sentence, Object... values) {
        if (!holds) {
            throw new StateException(sentence.formatted(values));
        }
    }

    /** Puts a saved model into a place: one that was asked for, else the same one again, else whichever reads it. */
    private <F extends HardwareFactory, M extends Stateful> void restore(Fitted<F, M> place, SavedModel saved) {
        String wish = wished.get(place.shelf.kind());
        Offered<F> chosen = candidates(place, saved, wish)
                .filter(offer -> saved.stateFor(offer.factory().schema()).isPresent()).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENODEV, "restore", unreadable(place, saved, wish)));
        ModelState state = saved.stateFor(chosen.factory().schema()).orElseThrow();
        var stage = new Stage();
        M fresh = place.make(chosen, stage);
        try {
            fresh.restore(state);
        } catch (RuntimeException | Error e) {
            throw new HsmException(Errno.EINVAL, "restore", "%s did not take the state of %s: %s".formatted(chosen,
                    place.place, e), e);
        }
        place.guarded(() -> place.fit(chosen, fresh, stage));
    }

    private static <F extends HardwareFactory> Stream<Offered<F>> candidates(Fitted<F, ?> place, SavedModel saved,
            @Nullable String wish) {
        String name = saved.model().split("@", 2)[0];
        return place.shelf.offers().stream().filter(offer -> wish == null || offer.info().matches(wish))
                .sorted(Comparator.<Offered<F>, Boolean>comparing(offer -> !offer.info().id().equals(saved.model()))
                        .thenComparing(offer -> !offer.info().name().equals(name)));
    }

    private static String unreadable(Fitted<?, ?> place, SavedModel saved, @Nullable String wish) {
        return "no model of kind '%s'%s reads what %s has saved of %s, %s; there is %s".formatted(place.shelf.kind(),
                wish == null ? "" : " called '" + wish + "'", saved.model(), place.place, saved.text(),
                place.shelf.offers().stream().map(offer -> "%s, which reads '%s' %s".formatted(offer.info().id(),
                        offer.factory().schema().kind(), offer.factory().schema().reads())).toList());
    }
}
