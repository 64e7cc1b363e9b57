package org.cupule.tck.check;

import java.lang.ref.WeakReference;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Parameter;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.cupule.device.DeviceFactory;
import org.cupule.state.ModelState;
import org.cupule.tck.device.Explorer;
import org.cupule.tck.device.FakeMachine;
import org.cupule.time.VmTimer;
import org.jspecify.annotations.Nullable;

/** How a device begins again, and how it ends. */
final class LifeChecks {
    private static final long GC_PATIENCE_NANOS = 10_000_000_000L;
    private static final long GC_NAP_NANOS = 10_000_000;

    private LifeChecks() {
    }

    static List<Check> all() {
        return List.of(
                new Check("reset-lowers", "A line that is high after a reset is an interrupt that nobody expects.",
                        "The platform has lowered lines and disarmed timers before Device.reset: raise none there.",
                        List.of("lines-declared", "instances-apart"), LifeChecks::resetLowers),
                new Check("reset", "A guest that restarts expects the power-on state.",
                        "Set each field in reset, by the same code as in the constructor; name what a battery keeps in "
                                + "DeviceFactory.keptOverReset.",
                        List.of("reset-lowers", "restore-anywhere"), LifeChecks::reset),
                new Check("close", "A device that is unplugged has no machine any more.",
                        "Let close release what the device holds, and call nothing of its context.",
                        List.of("instances-apart"), LifeChecks::close),
                new Check("unplug-leaves-nothing", "A plug-in is gone when its classes are; else each update costs "
                        + "memory for ever.",
                        "Look for threads, ThreadLocals, shutdown hooks, and listeners or caches of other classes that "
                                + "hold an object of the plug-in.",
                        List.of("close"), LifeChecks::leavesNothing));
    }

    private static Verdict resetLowers(Subject subject) {
        for (long seed = 1; seed <= 4; seed++) {
            FakeMachine machine = subject.explored(seed);
            machine.reset();
            int lines = subject.factory().spec().pci().isPresent() ? 1 : subject.factory().spec().lines().size();
            Optional<Integer> high = IntStream.range(0, lines).filter(machine::line).boxed().findFirst();
            if (high.isPresent()) {
                return Verdict.fail("line %d is high after a reset", high.get());
            }
        }
        return Verdict.pass("all lines are low after a reset");
    }

    private static Verdict reset(Subject subject) {
        Set<String> kept = subject.factory().keptOverReset();
        for (long seed = 1; seed <= 4; seed++) {
            FakeMachine used = subject.explored(seed);
            FakeMachine fresh = subject.fresh();
            fresh.clock().advance(used.clock().nanos());
            used.reset();
            fresh.reset();
            Optional<String> difference = StateText.difference(without(used.save(), kept), without(fresh.save(), kept));
            if (difference.isPresent()) {
                return Verdict.fail("after a reset, and at power-on: %s", difference.get());
            }
            ModelState once = used.save();
            used.reset();
            if (!once.equals(used.save())) {
                return Verdict.fail("reset twice it is not as reset once: %s",
                        StateText.difference(once, used.save()).orElse(""));
            }
        }
        return Verdict.pass(kept.isEmpty() ? "it is as at power-on" : "it is as at power-on, but for " + kept);
    }

    private static ModelState without(ModelState state, Set<String> fields) {
        ModelState rest = state;
        for (String field : fields) {
            rest = StateText.without(rest, field);
        }
        return rest;
    }

    private static Verdict close(Subject subject) {
        FakeMachine machine = subject.explored(1);
        machine.unplug();
        machine.clock().advance(10_000_000_000L);
        return machine.clock().nextDeadline() == VmTimer.NEVER
                ? Verdict.pass("it closes, and nothing is due any more")
                : Verdict.fail("a timer is armed after it was closed");
    }

    private static Verdict leavesNothing(Subject subject) throws ReflectiveOperationException {
        Class<?> type = subject.factory().getClass();
        Set<String> classes = new CodeScan(subject.code(), type).classes();
        Optional<Constructor<?>> usable = constructor(type);
        if (classes.isEmpty() || usable.isEmpty()) {
            return Verdict.notApplicable(classes.isEmpty()
                    ? "its classes cannot be read"
                    : "its factory cannot be made here: it has no constructor without arguments, or with configuration "
                            + "only");
        }
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        WeakReference<ClassLoader> loader = lived(subject, classes);
        long end = System.nanoTime() + GC_PATIENCE_NANOS;
        while (loader.get() != null && System.nanoTime() - end < 0) {
            System.gc();
            LockSupport.parkNanos(GC_NAP_NANOS);
        }
        return loader.get() == null
                ? Verdict.pass("after unplug its class loader was collected")
                : Verdict.fail("after unplug its class loader is still there; %s", holders(before));
    }

    private static String holders(Set<Thread> before) {
        String threads = Thread.getAllStackTraces().keySet().stream().filter(thread -> !before.contains(thread))
                .filter(Thread::isAlive).map(Thread::getName).sorted().collect(Collectors.joining(", "));
        return threads.isEmpty()
                ? "no new thread lives, so a ThreadLocal, a hook or a listener holds it"
                : "new threads live: " + threads;
    }

    /** In a frame of its own, so that nothing of the device stays on the stack. */
    private static WeakReference<ClassLoader> lived(Subject subject, Set<String> classes)
            throws ReflectiveOperationException {
        Class<?> type = subject.factory().getClass();
        var loader = new OwnLoader(subject.code(), classes, type.getClassLoader());
        Constructor<?> made = constructor(Class.forName(type.getName(), true, loader)).orElseThrow();
        made.setAccessible(true);
        var factory = (DeviceFactory) made.newInstance(
                Arrays.stream(made.getParameters()).map(LifeChecks::argument).toArray());
        FakeMachine machine = FakeMachine.noting(factory, subject.options());
        new Explorer(machine, 1).run(Subject.STEPS);
        machine.swapTo(factory);
        machine.reset();
        machine.unplug();
        return new WeakReference<>(loader);
    }

    /** {@return the first constructor that takes nothing, or nothing but annotations: a component's configuration} */
    private static Optional<Constructor<?>> constructor(Class<?> type) {
        return Arrays.stream(type.getDeclaredConstructors())
                .filter(one -> Arrays.stream(one.getParameterTypes()).allMatch(Class::isAnnotation)).findFirst();
    }

    /** {@return a configuration in which all is standard} */
    private static @Nullable Object argument(Parameter parameter) {
        InvocationHandler standard = (self, method, arguments) -> method.getDefaultValue();
        return Proxy.newProxyInstance(parameter.getType().getClassLoader(), new Class<?>[]{parameter.getType()},
                standard);
    }
}
