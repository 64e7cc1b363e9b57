package org.cupule.hsm.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;

class CommandCompleterTest {
    private static final BundleContext NO_CONTEXT = (BundleContext) Proxy.newProxyInstance(
            CommandCompleterTest.class.getClassLoader(), new Class<?>[]{BundleContext.class},
            (proxy, method, arguments) -> {
                throw new IllegalStateException(method.getName());
            });

    private final CommandCompleter completer = new CommandCompleter(new Platform(), NO_CONTEXT);
    @TempDir
    Path folder;

    @BeforeEach
    void makeFiles() throws IOException {
        Files.createFile(folder.resolve("guest.json"));
        Files.createFile(folder.resolve("guest image.bin"));
        Files.createFile(folder.resolve(".hidden"));
        Files.createFile(Files.createDirectory(folder.resolve("plugins")).resolve("dev-sample.jar"));
    }

    private Set<String> candidates(Class<?> commands, String begun, String... before) {
        return completer.candidates(Manual.of(commands), List.of(before), begun).keySet();
    }

    private String in(String name) {
        return folder + "/" + name;
    }

    @Test
    void namesFilesAndFolders() {
        assertThat(candidates(VmCommands.class, in(""), "create"))
                .containsExactlyInAnyOrder(in("guest.json"), in("guest image.bin"), in("plugins/"));
    }

    @Test
    void namesFilesAfterTheValueOfAnOption() {
        assertThat(candidates(VmCommands.class, in("gu"), "create", "-m", "64M")).contains(in("guest.json"));
        assertThat(candidates(VmCommands.class, in("gu"), "create", "-m")).isEmpty();
    }

    @Test
    void goesOnInsideAFolder() {
        assertThat(candidates(SwapCommands.class, in("plugins/de"), "hsm:plug"))
                .containsExactly(in("plugins/dev-sample.jar"));
    }

    @Test
    void namesHiddenFilesAfterADotOnly() {
        assertThat(candidates(SwapCommands.class, in("."), "deploy")).containsExactly(in(".hidden"));
    }

    @Test
    void namesFilesOfThePresentFolderWithoutItsName() {
        assertThat(candidates(SwapCommands.class, "", "plug")).contains("pom.xml", "src/");
    }

    @Test
    void snapshotTakesTheFileInItsPlace() {
        assertThat(candidates(SnapshotCommand.class, "", "snapshot")).containsExactly("check", "restore", "save");
        assertThat(candidates(SnapshotCommand.class, in("guest."), "snapshot", "restore")).contains(in("guest.json"));
        assertThat(candidates(SnapshotCommand.class, in("guest."), "snapshot", "restore", "x")).isEmpty();
        assertThat(candidates(SnapshotCommand.class, in("guest."), "snapshot", "save", "vm"))
                .contains(in("guest.json"));
        assertThat(candidates(SnapshotCommand.class, in("guest."), "snapshot", "check", "vm")).isEmpty();
    }

    @Test
    void settingOfADeviceNamesTheFileBehindIt() {
        String begun = "backend=file:" + in("gu");
        assertThat(candidates(SwapCommands.class, begun, "adddevice", "vm", "virtio-blk", "disk", "pci=00:05.0"))
                .contains("backend=file:" + in("guest.json"));
        assertThat(candidates(SwapCommands.class, "option=" + in("gu"), "adddevice", "vm", "virtio-blk", "disk"))
                .isEmpty();
    }

    @Test
    void namesNothingWhereThereIsNoFolder() {
        assertThat(candidates(SwapCommands.class, in("nowhere/x"), "plug")).isEmpty();
        assertThat(candidates(SwapCommands.class, "\0/x", "plug")).isEmpty();
    }

    @Test
    void namesNothingAfterTheLastArgument() {
        assertThat(candidates(SwapCommands.class, in("gu"), "plug", "a.jar")).isEmpty();
    }
}
