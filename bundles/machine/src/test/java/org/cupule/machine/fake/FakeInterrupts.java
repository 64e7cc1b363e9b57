package org.cupule.machine.fake;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.hsm.interrupt.Interrupts;
import org.cupule.types.Msi;

/** Notes what was injected. */
public final class FakeInterrupts implements Interrupts {
    private final List<String> told = new CopyOnWriteArrayList<>();
    private volatile Runnable hook = () -> {
    };

    @Override
    public void line(int gsi, int operation) {
        told.add("gsi" + gsi + (operation == HIGH ? "+" : "-"));
        hook.run();
    }

    @Override
    public void msi(Msi msi) {
        told.add(msi.toString());
        hook.run();
    }

    /** Sets what is done inside each call. */
    public void hook(Runnable action) {
        hook = action;
    }

    /** {@return what was injected, in order: {@code gsi4+}, {@code gsi4-}, {@code msi ...}} */
    public List<String> told() {
        return List.copyOf(told);
    }
}
