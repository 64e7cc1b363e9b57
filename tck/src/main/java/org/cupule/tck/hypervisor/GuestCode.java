package org.cupule.tck.hypervisor;

import java.io.ByteArrayOutputStream;

/**
 * Writes small guests for flat 32-bit protected mode: accesses, one after the other.
 *
 * @threading confined to its owner
 */
public final class GuestCode {
    /** The port to which {@link #tell} writes. */
    public static final int TOLD = 0x80;
    private static final int CONFIG_ADDRESS = 0xCF8;
    private static final int CONFIG_DATA = 0xCFC;

    private final ByteArrayOutputStream code = new ByteArrayOutputStream();

    /** Begins. */
    public GuestCode() {
        // without an instruction
    }

    private GuestCode emit(int... bytes) {
        for (int each : bytes) {
            code.write(each);
        }
        return this;
    }

    private GuestCode word(int value) {
        return emit(value, value >>> 8, value >>> 16, value >>> 24);
    }

    private GuestCode port(int port) {
        return emit(0x66, 0xBA, port, port >>> 8); // mov dx,port
    }

    /** Reads a port into EAX, AX or AL. */
    public GuestCode in(int port, int size) {
        port(port);
        return size == 1 ? emit(0xEC) : size == 2 ? emit(0x66, 0xED) : emit(0xED);
    }

    /** Writes a port. */
    public GuestCode out(int port, int size, int value) {
        emit(0xB8).word(value).port(port); // mov eax,value
        return size == 1 ? emit(0xEE) : size == 2 ? emit(0x66, 0xEF) : emit(0xEF);
    }

    /** Reads 4 bytes of memory into EAX. */
    public GuestCode load(long address) {
        return emit(0xA1).word((int) address);
    }

    /** Writes 4 bytes of memory. */
    public GuestCode store(long address, int value) {
        return emit(0xC7, 0x05).word((int) address).word(value);
    }

    /** Increments 4 bytes of memory. */
    public GuestCode increment(long address) {
        return emit(0xFF, 0x05).word((int) address);
    }

    /** Writes EAX to port {@link #TOLD}. */
    public GuestCode tell() {
        return emit(0xE7, TOLD);
    }

    /** Reads 4 bytes of configuration space through the ports, and tells them. */
    public GuestCode tellConfig(int bdf, int register) {
        return out(CONFIG_ADDRESS, 4, 1 << 31 | bdf << 8 | register & 0xFC).in(CONFIG_DATA, 4).tell();
    }

    /** Writes configuration space through the ports. */
    public GuestCode config(int bdf, int register, int size, int value) {
        return out(CONFIG_ADDRESS, 4, 1 << 31 | bdf << 8 | register & 0xFC).out(CONFIG_DATA + (register & 3), size,
                value);
    }

    /** Switches the local APIC on. */
    public GuestCode apicOn() {
        return store(0xFEE0_00F0L, 0x1FF);
    }

    /** Programs a pin of the I/O APIC for vCPU 0. */
    public GuestCode pin(int pin, int low) {
        return store(0xFEC0_0000L, 0x10 + 2 * pin).store(0xFEC0_0010L, low).store(0xFEC0_0000L, 0x11 + 2 * pin)
                .store(0xFEC0_0010L, 0);
    }

    /** Ends an interrupt at the local APIC and returns from its handler. */
    public GuestCode endOfInterrupt() {
        return store(0xFEE0_00B0L, 0).emit(0xCF);
    }

    /** Halts with interrupts off. */
    public GuestCode halt() {
        return emit(0xF4);
    }

    /** Halts with interrupts on, again and again. */
    public GuestCode halts() {
        return emit(0xFB, 0xF4, 0xEB, 0xFD);
    }

    /** {@return the guest} */
    public byte[] bytes() {
        return code.toByteArray();
    }
}
