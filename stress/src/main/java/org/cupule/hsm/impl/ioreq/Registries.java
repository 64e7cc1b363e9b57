package org.cupule.hsm.impl.ioreq;

/** Registries without a VM around them. */
final class Registries {
    private static final long FOR_EVER = Long.MAX_VALUE / 2;

    private Registries() {
    }

    /** {@return an empty registry, whose removals wait as long as it takes} */
    static ClientRegistry of(Slots slots) {
        return new ClientRegistry(slots, () -> {
        }, FOR_EVER, thread -> {
        });
    }
}
