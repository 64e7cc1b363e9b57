package org.cupule.machine.loader;

import java.util.List;
import org.cupule.machine.memory.MemoryLayout;

/**
 * What is to be booted, with all files read.
 *
 * @param name
 *            the image's name, for people
 * @param image
 *            the image
 * @param format
 *            {@code auto} or one of {@link Loaders#FORMATS}
 * @param address
 *            load address of a flat image; 0 for its standard
 * @param commandLine
 *            the command line
 * @param modules
 *            modules, or the initial RAM disk
 * @param layout
 *            the machine's memory
 * @param rsdp
 *            where the pointer to the ACPI tables lies; 0 for none
 * @threading immutable: the arrays must not be changed
 */
public record BootRequest(String name, byte[] image, String format, long address, String commandLine,
        List<Module> modules, MemoryLayout layout, long rsdp) {
    /** An image for a machine without ACPI tables. */
    public BootRequest(String name, byte[] image, String format, long address, String commandLine,
            List<Module> modules, MemoryLayout layout) {
        this(name, image, format, address, commandLine, modules, layout, 0);
    }

    /** Copies the list. */
    public BootRequest {
        modules = List.copyOf(modules);
    }

    /**
     * A module.
     *
     * @param name
     *            its string: the name and what follows it
     * @param bytes
     *            its content
     * @threading immutable: the array must not be changed
     */
    public record Module(String name, byte[] bytes) {
    }
}
