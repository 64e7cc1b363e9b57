package org.cupule.hsm.shell;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.cupule.conformance.DeviceTck;
import org.cupule.conformance.DeviceTck.Finding;
import org.cupule.conformance.DeviceTck.Result;
import org.cupule.swap.Swappable;
import org.cupule.swap.Swappable.Offer;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The command that examines a device.
 *
 * @threading any thread
 */
@Component(service = TckCommand.class, property = {"osgi.command.scope=hsm", "osgi.command.function=tck"})
public final class TckCommand {
    private final Platform platform;

    /** Made by the component runtime. */
    @Activate
    public TckCommand(@Reference Platform platform) {
        this.platform = platform;
    }

    /** Lists the checks. */
    @Descriptor("lists what every device must do, and why")
    public Table tck() {
        var table = new Table("CHECK", "WHY");
        platform.deviceTck().checks().forEach(check -> table.row(check.name(), check.reason()));
        return table;
    }

    /**
     * Examines a model. The table is printed even when a check fails; then the command fails too, so that a script
     * ends.
     */
    @Descriptor("examines a device's model on fresh devices in a test bed; fails when a check fails")
    public void tck(CommandSession session,
            @Descriptor("one check only") @Parameter(names = {"-c", "--check"}, absentValue = "") String check,
            @Descriptor("device, as hsm:targets lists it, or model, as hsm:models does: kind/name@version") String subject) {
        Offer offer = offer(subject);
        List<Finding> findings = platform.deviceTck().examine(offer.model(), offer.bundle(),
                check.isEmpty() ? List.of() : List.of(check));
        session.getConsole().println(table(findings));
        List<Finding> failed = findings.stream().filter(finding -> finding.result() == Result.FAIL).toList();
        if (!failed.isEmpty()) {
            throw new HsmException(Errno.EIO, "tck", "%s fails %d of %d checks: %s".formatted(offer.model().id(),
                    failed.size(), findings.size(),
                    failed.stream().map(finding -> finding.check().name() + " (" + finding.check().hint() + ")")
                            .collect(Collectors.joining("; "))));
        }
    }

    private static Table table(List<Finding> findings) {
        var table = new Table("CHECK", "RESULT", "WHAT WAS SEEN");
        findings.forEach(finding -> table.row(finding.check().name(), word(finding.result()), finding.sentence()));
        return table;
    }

    private static String word(Result result) {
        return switch (result) {
            case PASS -> "pass";
            case FAIL -> "FAIL";
            case NOT_APPLICABLE -> "-";
        };
    }

    /** {@return the model of a live target, or an offered model of that name} */
    private Offer offer(String subject) {
        return Stream.concat(targets().filter(target -> target.name().equals(subject))
                .map(target -> new Offer(target.model(), target.bundle())),
                offers().filter(offer -> named(offer, subject))).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "tck",
                        "there is no device or model '%s'; hsm:targets and hsm:models list them".formatted(subject)));
    }

    private static boolean named(Offer offer, String subject) {
        String kind = offer.model().kind();
        return offer.model().matches(subject) || kind.equals(subject)
                || subject.startsWith(kind + "/") && offer.model().matches(subject.substring(kind.length() + 1));
    }

    private Stream<Swappable.Target> targets() {
        return platform.owners().stream().flatMap(owner -> owner.targets().stream());
    }

    private Stream<Offer> offers() {
        return platform.owners().stream().flatMap(owner -> owner.offers().stream());
    }
}
