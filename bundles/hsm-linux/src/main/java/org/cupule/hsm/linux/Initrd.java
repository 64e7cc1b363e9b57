package org.cupule.hsm.linux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The initial RAM disk: busybox, the kernel's drivers for virtio, and a first program that gives a shell or runs a
 * script.
 *
 * <pre>
 *  /init                 the first program, a script of busybox
 *  /bin/busybox /bin/sh  busybox; its other names are made by /init
 *  /sbin/exitport        ends the machine with the script's status
 *  /modules              the order in which /lib/modules/*.ko are loaded, a name a line
 *  /script               what runs instead of a shell, where it is given
 * </pre>
 *
 * @threading immutable
 *
 * @param busybox
 *            the statically linked program
 * @param modules
 *            drivers by name, in the order of loading
 * @param script
 *            a script, or null for a shell
 */
record Initrd(Path busybox, Map<String, Path> modules, @Nullable String script) {
    /** The kernel's drivers for what a machine may have. */
    static final List<String> DRIVERS = List.of("virtio_pci", "virtio_blk", "virtio_net", "virtio_rng",
            "virtio_console", "ext4");
    private static final int EXECUTABLE = 0755;
    private static final int READABLE = 0644;

    /** {@return the archive} */
    byte[] archive() throws IOException {
        var archive = new CpioArchive();
        for (String directory : List.of("bin", "dev", "etc", "lib", "lib/modules", "mnt", "proc", "root", "run", "sbin",
                "sys", "tmp", "usr", "usr/bin", "usr/sbin", "var", "usr/share", "usr/share/udhcpc")) {
            archive.directory(directory);
        }
        archive.device("dev/console", 5, 1).device("dev/null", 1, 3)
                .file("bin/busybox", EXECUTABLE, Files.readAllBytes(busybox)).link("bin/sh", "busybox")
                .file("sbin/exitport", EXECUTABLE, resource("exitport"))
                .file("init", EXECUTABLE, resource("init.sh"))
                .file("usr/share/udhcpc/default.script", EXECUTABLE, resource("udhcpc.sh"))
                .file("modules", READABLE, text(String.join("\n", modules.keySet()) + "\n"));
        for (var module : modules.entrySet()) {
            archive.file("lib/modules/" + module.getKey() + ".ko", READABLE, Files.readAllBytes(module.getValue()));
        }
        if (script != null) {
            archive.file("script", READABLE, text(script + "\n"));
        }
        return archive.end();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Initrd.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("the bundle has no " + name);
            }
            return in.readAllBytes();
        }
    }
}
