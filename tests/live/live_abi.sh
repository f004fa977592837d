#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The guest-ABI check against the truth: a difference in hardware is put
# between two real QEMUs, the guest is migrated with return-path, and what QEMU
# did stands beside what `check` said of the two XMLs before. Nothing that QEMU
# refuses may pass the check; what only the host sees must. The table is
# printed at the end (and kept in the file ABI_TABLE, if that is set).
. "$(dirname "$0")/lib.sh"
exec 9>&1
[ -z "${ABI_TABLE:-}" ] || : >"$ABI_TABLE"

# name | expected of check | common arguments | source's | destination's |
#     common XML | source's | destination's
# An XML part is TOP@DEVICES; the first of repeated elements counts.
read -r -d '' rows <<'EOF'
identical|same|-device virtio-balloon-pci,addr=5|||@<memballoon model='virtio'><address type='pci' slot='5'/></memballoon>||
disk image elsewhere|same||-blockdev null-co,node-name=d,size=1048576 -device virtio-blk-pci,drive=d,addr=5|-blockdev null-co,node-name=d,size=1048576,read-zeroes=on -device virtio-blk-pci,drive=d,addr=5||@<disk type='file'><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>|@<disk type='file'><source file='/b'/><target dev='vda'/><address type='pci' slot='5'/></disk>
boot order|same|-blockdev null-co,node-name=d,size=1048576|-device virtio-blk-pci,drive=d,addr=5|-device virtio-blk-pci,drive=d,addr=5,bootindex=1||@<disk type='file'><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>|@<disk type='file'><source file='/a'/><target dev='vda'/><boot order='1'/><address type='pci' slot='5'/></disk>
rng backend|same||-object rng-random,id=r,filename=/dev/urandom -device virtio-rng-pci,rng=r,addr=5|-object rng-builtin,id=r -device virtio-rng-pci,rng=r,addr=5||@<rng model='virtio'><backend model='random'/><address type='pci' slot='5'/></rng>|@<rng model='virtio'><backend model='builtin'/><address type='pci' slot='5'/></rng>
machine version|differs|||-machine pc-q35-7.1|||<os><type arch='x86_64' machine='pc-q35-7.1'>hvm</type></os>@
machine family|differs|||-machine pc-i440fx-7.2|||<os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os>@
memory size|differs|||-m 48|||<memory unit='MiB'>48</memory>@
maximum memory|differs||-m 32,slots=2,maxmem=128M|-m 32,slots=2,maxmem=256M||<maxMemory slots='2' unit='MiB'>128</maxMemory>@|<maxMemory slots='2' unit='MiB'>256</maxMemory>@
DIMM missing|differs|-m 32,slots=2,maxmem=1G|-object memory-backend-ram,id=m,size=128M -device pc-dimm,memdev=m||<maxMemory slots='2' unit='GiB'>1</maxMemory>@|<memory unit='MiB'>160</memory>@<memory model='dimm'><target><size unit='MiB'>128</size></target><address type='dimm' slot='0' base='0x100000000'/></memory>|
DIMM base|differs|-m 32,slots=2,maxmem=1G -object memory-backend-ram,id=m,size=128M|-device pc-dimm,memdev=m,addr=0x100000000|-device pc-dimm,memdev=m,addr=0x108000000|<maxMemory slots='2' unit='GiB'>1</maxMemory><memory unit='MiB'>160</memory>@|@<memory model='dimm'><target><size unit='MiB'>128</size></target><address type='dimm' slot='0' base='0x100000000'/></memory>|@<memory model='dimm'><target><size unit='MiB'>128</size></target><address type='dimm' slot='0' base='0x108000000'/></memory>
one more vCPU|differs|||-smp 2|||<vcpu>2</vcpu>@
CPU model|differs||-cpu qemu64|-cpu Nehalem||<cpu><model>qemu64</model></cpu>@|<cpu><model>Nehalem</model></cpu>@
CPU feature|differs||-cpu qemu64|-cpu qemu64,-svm||<cpu><model>qemu64</model></cpu>@|<cpu><model>qemu64</model><feature policy='disable' name='svm'/></cpu>@
disk missing|differs||-blockdev null-co,node-name=d,size=1048576 -device virtio-blk-pci,drive=d,addr=5|||@<disk type='file'><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>|
disk bus|differs|-blockdev null-co,node-name=d,size=1048576|-device virtio-blk-pci,drive=d,addr=5|-device ide-hd,drive=d,bus=ide.0||@<disk type='file'><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>|@<disk type='file'><source file='/a'/><target dev='sda' bus='sata'/></disk>
disk PCI slot|differs|-blockdev null-co,node-name=d,size=1048576|-device virtio-blk-pci,drive=d,addr=5|-device virtio-blk-pci,drive=d,addr=6||@<disk type='file'><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>|@<disk type='file'><source file='/a'/><target dev='vda'/><address type='pci' slot='6'/></disk>
disk queues|differs|-blockdev null-co,node-name=d,size=1048576|-device virtio-blk-pci,drive=d,addr=5,num-queues=1|-device virtio-blk-pci,drive=d,addr=5,num-queues=4||@<disk type='file'><driver name='qemu' queues='1'/><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>|@<disk type='file'><driver name='qemu' queues='4'/><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>
disk queue size|differs|-blockdev null-co,node-name=d,size=1048576|-device virtio-blk-pci,drive=d,addr=5,queue-size=128|-device virtio-blk-pci,drive=d,addr=5,queue-size=256||@<disk type='file'><driver name='qemu' queue_size='128'/><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>|@<disk type='file'><driver name='qemu' queue_size='256'/><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>
disk packed ring|differs|-blockdev null-co,node-name=d,size=1048576|-device virtio-blk-pci,drive=d,addr=5|-device virtio-blk-pci,drive=d,addr=5,packed=on||@<disk type='file'><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>|@<disk type='file'><driver name='qemu' packed='on'/><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>
disk serial|differs|-blockdev null-co,node-name=d,size=1048576|-device virtio-blk-pci,drive=d,addr=5,serial=a|-device virtio-blk-pci,drive=d,addr=5,serial=b||@<disk type='file'><source file='/a'/><target dev='vda'/><serial>a</serial><address type='pci' slot='5'/></disk>|@<disk type='file'><source file='/a'/><target dev='vda'/><serial>b</serial><address type='pci' slot='5'/></disk>
disk event_idx|differs|-blockdev null-co,node-name=d,size=1048576|-device virtio-blk-pci,drive=d,addr=5|-device virtio-blk-pci,drive=d,addr=5,event_idx=off||@<disk type='file'><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>|@<disk type='file'><driver name='qemu' event_idx='off'/><source file='/a'/><target dev='vda'/><address type='pci' slot='5'/></disk>
SCSI queues|differs||-device virtio-scsi-pci,id=s,addr=5,num_queues=2|-device virtio-scsi-pci,id=s,addr=5,num_queues=4||@<controller type='scsi' index='0' model='virtio-scsi'><driver queues='2'/><address type='pci' slot='5'/></controller>|@<controller type='scsi' index='0' model='virtio-scsi'><driver queues='4'/><address type='pci' slot='5'/></controller>
SCSI unit|differs|-device virtio-scsi-pci,id=s,addr=5 -blockdev null-co,node-name=d,size=1048576|-device scsi-hd,drive=d,lun=0|-device scsi-hd,drive=d,lun=1|@<controller type='scsi' index='0' model='virtio-scsi'><address type='pci' slot='5'/></controller>|@<disk type='file'><source file='/a'/><target dev='sda' bus='scsi'/><address type='drive' unit='0'/></disk>|@<disk type='file'><source file='/a'/><target dev='sda' bus='scsi'/><address type='drive' unit='1'/></disk>
SCSI target|differs|-device virtio-scsi-pci,id=s,addr=5 -blockdev null-co,node-name=d,size=1048576|-device scsi-hd,drive=d,scsi-id=0|-device scsi-hd,drive=d,scsi-id=1|@<controller type='scsi' index='0' model='virtio-scsi'><address type='pci' slot='5'/></controller>|@<disk type='file'><source file='/a'/><target dev='sda' bus='scsi'/><address type='drive' target='0'/></disk>|@<disk type='file'><source file='/a'/><target dev='sda' bus='scsi'/><address type='drive' target='1'/></disk>
NIC model|differs|-netdev user,id=n|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5|-device e1000,netdev=n,mac=52:54:00:00:00:01,addr=5|@|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><address type='pci' slot='5'/></interface>|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='e1000'/><address type='pci' slot='5'/></interface>
NIC missing|differs|-netdev user,id=n|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5||@|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><address type='pci' slot='5'/></interface>|
NIC MAC|differs|-netdev user,id=n|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:02,addr=5|@|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><address type='pci' slot='5'/></interface>|@<interface type='user'><mac address='52:54:00:00:00:02'/><model type='virtio'/><address type='pci' slot='5'/></interface>
NIC offload|differs|-netdev user,id=n|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5,csum=off|@|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><address type='pci' slot='5'/></interface>|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><driver><host csum='off'/></driver><address type='pci' slot='5'/></interface>
NIC MTU|differs|-netdev user,id=n|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5,host_mtu=1500|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5,host_mtu=9000|@|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><mtu size='1500'/><address type='pci' slot='5'/></interface>|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><mtu size='9000'/><address type='pci' slot='5'/></interface>
NIC receive queue size|differs|-netdev user,id=n|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5,rx_queue_size=256|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5,rx_queue_size=1024|@|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><driver rx_queue_size='256'/><address type='pci' slot='5'/></interface>|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><driver rx_queue_size='1024'/><address type='pci' slot='5'/></interface>
NIC option ROM|differs|-netdev user,id=n|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5|-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,addr=5,romfile=|@|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><address type='pci' slot='5'/></interface>|@<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><rom enabled='no'/><address type='pci' slot='5'/></interface>
USB port|differs|-device qemu-xhci,id=usb,addr=5|-device usb-tablet,port=1|-device usb-tablet,port=2|@<controller type='usb' index='0' model='qemu-xhci'><address type='pci' slot='5'/></controller>|@<input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>|@<input type='tablet' bus='usb'><address type='usb' bus='0' port='2'/></input>
USB device missing|differs|-device qemu-xhci,id=usb,addr=5|-device usb-tablet,port=1||@<controller type='usb' index='0' model='qemu-xhci'><address type='pci' slot='5'/></controller>|@<input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>|
USB controller model|differs||-device qemu-xhci,addr=5|-device nec-usb-xhci,addr=5||@<controller type='usb' index='0' model='qemu-xhci'><address type='pci' slot='5'/></controller>|@<controller type='usb' index='0' model='nec-xhci'><address type='pci' slot='5'/></controller>
root port chassis|differs||-device pcie-root-port,id=p,chassis=1,addr=5|-device pcie-root-port,id=p,chassis=2,addr=5||@<controller type='pci' index='1' model='pcie-root-port'><target chassis='1' port='0'/><address type='pci' slot='5'/></controller>|@<controller type='pci' index='1' model='pcie-root-port'><target chassis='2' port='0'/><address type='pci' slot='5'/></controller>
root port number|differs||-device pcie-root-port,id=p,chassis=1,port=1,addr=5|-device pcie-root-port,id=p,chassis=1,port=2,addr=5||@<controller type='pci' index='1' model='pcie-root-port'><target chassis='1' port='1'/><address type='pci' slot='5'/></controller>|@<controller type='pci' index='1' model='pcie-root-port'><target chassis='1' port='2'/><address type='pci' slot='5'/></controller>
root port missing|differs||-device pcie-root-port,id=p,chassis=1,addr=5|||@<controller type='pci' index='1' model='pcie-root-port'><target chassis='1' port='0'/><address type='pci' slot='5'/></controller>|
video model|differs||-device VGA,addr=1|-device cirrus-vga,addr=1||@<video><model type='vga'/><address type='pci' slot='1'/></video>|@<video><model type='cirrus'/><address type='pci' slot='1'/></video>
video memory|differs||-device VGA,addr=1,vgamem_mb=16|-device VGA,addr=1,vgamem_mb=32||@<video><model type='vga' vram='16384'/><address type='pci' slot='1'/></video>|@<video><model type='vga' vram='32768'/><address type='pci' slot='1'/></video>
balloon missing|differs||-device virtio-balloon-pci,addr=5|||@<memballoon model='virtio'><address type='pci' slot='5'/></memballoon>|@<memballoon model='none'/>
balloon page reporting|differs||-device virtio-balloon-pci,addr=5|-device virtio-balloon-pci,addr=5,free-page-reporting=on||@<memballoon model='virtio'><address type='pci' slot='5'/></memballoon>|@<memballoon model='virtio' freePageReporting='on'><address type='pci' slot='5'/></memballoon>
RNG missing|differs|-object rng-builtin,id=r|-device virtio-rng-pci,rng=r,addr=5|||@<rng model='virtio'><backend model='builtin'/><address type='pci' slot='5'/></rng>|
crypto device added|differs|-object cryptodev-backend-builtin,id=c||-device virtio-crypto-pci,cryptodev=c,addr=5|||@<crypto model='virtio' type='qemu'><backend model='builtin'/><address type='pci' slot='5'/></crypto>
crypto device missing|differs|-object cryptodev-backend-builtin,id=c|-device virtio-crypto-pci,cryptodev=c,addr=5|||@<crypto model='virtio' type='qemu'><backend model='builtin'/><address type='pci' slot='5'/></crypto>|
serial port missing|differs|-chardev null,id=c|-device isa-serial,chardev=c|||@<serial type='null'><target port='0'/></serial>|
serial port number|differs|-chardev null,id=c|-device isa-serial,chardev=c,index=0|-device isa-serial,chardev=c,index=1||@<serial type='null'><target port='0'/></serial>|@<serial type='null'><target port='1'/></serial>
channel missing|differs|-device virtio-serial-pci,id=v,addr=5 -chardev null,id=c|-device virtserialport,chardev=c,name=a,nr=1||@<controller type='virtio-serial' index='0'><address type='pci' slot='5'/></controller>|@<channel type='null'><target type='virtio' name='a'/><address type='virtio-serial' port='1'/></channel>|
channel port|differs|-device virtio-serial-pci,id=v,addr=5 -chardev null,id=c|-device virtserialport,chardev=c,name=a,nr=1|-device virtserialport,chardev=c,name=a,nr=2|@<controller type='virtio-serial' index='0'><address type='pci' slot='5'/></controller>|@<channel type='null'><target type='virtio' name='a'/><address type='virtio-serial' port='1'/></channel>|@<channel type='null'><target type='virtio' name='a'/><address type='virtio-serial' port='2'/></channel>
virtio-serial ports|differs||-device virtio-serial-pci,addr=5,max_ports=8|-device virtio-serial-pci,addr=5,max_ports=16||@<controller type='virtio-serial' index='0' ports='8'><address type='pci' slot='5'/></controller>|@<controller type='virtio-serial' index='0' ports='16'><address type='pci' slot='5'/></controller>
HPET|differs|||-machine hpet=off||<clock offset='utc'><timer name='hpet' present='yes'/></clock>@|<clock offset='utc'><timer name='hpet' present='no'/></clock>@
SMM|differs||-machine smm=on|-machine smm=off||<features><smm state='on'/></features>@|<features><smm state='off'/></features>@
VMware port|differs||-machine vmport=on|-machine vmport=off||<features><vmport state='on'/></features>@|<features><vmport state='off'/></features>@
ACPI S3|differs|||-global ICH9-LPC.disable_s3=1|||<pm><suspend-to-mem enabled='no'/></pm>@
OEM string|differs|||-smbios type=11,value=hello||<sysinfo type='smbios'><oemStrings><entry>x</entry></oemStrings></sysinfo>@|<sysinfo type='smbios'><oemStrings><entry>hello</entry></oemStrings></sysinfo>@
fw_cfg file|differs|||-fw_cfg name=opt/org.example/a,string=x|||<sysinfo type='fwcfg'><entry name='opt/org.example/a'>x</entry></sysinfo>@
watchdog missing|differs||-device i6300esb,addr=5|||@<watchdog model='i6300esb'><address type='pci' slot='5'/></watchdog>|
panic device missing|differs||-device pvpanic|||@<panic model='isa'/>|
IOMMU missing|differs||-device intel-iommu|||@<iommu model='intel'/>|
IOMMU caching mode|differs||-device intel-iommu|-device intel-iommu,caching-mode=on||@<iommu model='intel'/>|@<iommu model='intel'><driver caching_mode='on'/></iommu>
sound codec|differs|-audiodev none,id=a -device intel-hda,id=h,addr=5|-device hda-duplex,bus=h.0,audiodev=a|-device hda-micro,bus=h.0,audiodev=a||@<sound model='ich6'><codec type='duplex'/><address type='pci' slot='5'/></sound>|@<sound model='ich6'><codec type='micro'/><address type='pci' slot='5'/></sound>
sound card missing|differs|-audiodev none,id=a|-device AC97,addr=5,audiodev=a|||@<sound model='ac97'><address type='pci' slot='5'/></sound>|
shared memory size|differs||-object memory-backend-ram,id=m,size=1M,share=on -device ivshmem-plain,memdev=m,addr=5,master=on|-object memory-backend-ram,id=m,size=2M,share=on -device ivshmem-plain,memdev=m,addr=5,master=on||@<shmem name='s' role='master'><model type='ivshmem-plain'/><size unit='M'>1</size><address type='pci' slot='5'/></shmem>|@<shmem name='s' role='master'><model type='ivshmem-plain'/><size unit='M'>2</size><address type='pci' slot='5'/></shmem>
64-bit PCI hole|differs|||-global q35-pcihost.pci-hole64-size=64G|||@<controller type='pci' index='0' model='pcie-root'><pcihole64 unit='GiB'>64</pcihole64></controller>
keyboard missing|differs||-device virtio-keyboard-pci,addr=5|||@<input type='keyboard' bus='virtio'><address type='pci' slot='5'/></input>|
9p mount tag|differs|-fsdev local,id=f,path=/tmp,security_model=none|-device virtio-9p-pci,fsdev=f,mount_tag=a,addr=5|-device virtio-9p-pci,fsdev=f,mount_tag=b,addr=5||@<filesystem><source dir='/tmp'/><target dir='a'/><address type='pci' slot='5'/></filesystem>|@<filesystem><source dir='/tmp'/><target dir='b'/><address type='pci' slot='5'/></filesystem>
system uuid|differs||-uuid 11111111-2222-3333-4444-555555555555|-uuid 11111111-2222-3333-4444-555555555556||<uuid>11111111-2222-3333-4444-555555555555</uuid>@|<uuid>11111111-2222-3333-4444-555555555556</uuid>@
multifunction bit|differs||-device virtio-balloon-pci,addr=5|-device virtio-balloon-pci,addr=5,multifunction=on||@<memballoon model='virtio'><address type='pci' slot='5'/></memballoon>|@<memballoon model='virtio'><address type='pci' slot='5' multifunction='on'/></memballoon>
EOF

xml() { # xml PART...: TOP@DEVICES each, those of the side first
    local part top='' devices=''
    for part in "$@"; do
        case $part in *@*) top+=${part%%@*} devices+=${part#*@} ;; esac
    done
    # What libvirt would add by itself is not there.
    case $devices in *'<memballoon'*) ;; *) devices+="<memballoon model='none'/>" ;; esac
    case $devices in *"type='usb' index"*) ;; *) devices+="<controller type='usb' model='none'/>" ;; esac
    echo "<domain type='qemu'><name>g</name>$top<uuid>0f9c3f1e-3c1d-4f5a-9a53-6c8f0a7d1b42</uuid><memory unit='MiB'>32</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><devices>$devices</devices></domain>"
}

# A QEMU with nothing but what the row says, stopped.
start_bare() { # start_bare ROLE ARG...
    local role=$1 rc=0
    shift
    rm -f "$T/$role.obs"
    setpriv --pdeathsig KILL "$(qemu_of "$VER_SRC")" -machine pc-q35-7.2 -accel tcg -m 32 -nodefaults \
        -display none -S -chardev "socket,id=obs,path=$T/$role.obs,server=on,wait=off" \
        -mon chardev=obs,mode=control "$@" 2>"$T/$role.err" &
    declare -g "${role}_pid=$!"
    "$tools/qmp-call" -p $! "$T/$role.obs" query-status >/dev/null 2>&1 || rc=$?
    return "$rc"
}

end_both() {
    kill -KILL "$src_pid" "$dst_pid" 2>/dev/null || true
    wait "$src_pid" "$dst_pid" 2>/dev/null || true
}

# What QEMU does: accepted, or refused with its own words.
migrate_pair() { # prints "accepted", "refused early: ..." or "refused at the end: ..."
    local rp='{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"return-path","state":true}]}}'
    local uri="unix:$T/mig" status why
    rm -f "$T/mig"
    qmp dst "$rp" "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"$uri\"}}" >/dev/null
    if ! qmp src "$rp" "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"$uri\"}}" >"$T/said" 2>&1; then
        echo "refused early: $(sed -n 's/.*"desc": *"\([^"]*\)".*/\1/p' "$T/said" | cut -c 1-70)"
        return
    fi
    wait_for 20 "the migration's end" migration_ended
    status=$(qmp_get src return.status query-migrate)
    if [ "$status" = completed ] && qmp dst query-status >/dev/null 2>&1; then
        echo accepted
        return
    fi
    why=$(grep -v '^warning' "$T/dst.err" | head -n 1 | sed 's/^[^:]*: //' | cut -c 1-70)
    case $(cat "$T/dst.err") in
    *'Machine type received'* | *"'ram'"* | *'ramblock'* | *'Length mismatch'*) echo "refused early: $why" ;;
    *) echo "refused at the end: $why" ;;
    esac
}

migration_ended() {
    case $(qmp_get src return.status query-migrate) in completed | failed) ;; *) return 1 ;; esac
}

one_row() { # one_row NAME WANTED COMMON SRC DST XML XMLSRC XMLDST
    local ours did silent
    xml "$7" "$6" >"$T/a.xml"
    xml "$8" "$6" >"$T/b.xml"
    ours=$("$QMIGRATE" check --json "$T/a.xml" "$T/b.xml" || true)
    case $ours in
    *'"verdict":"same"'*) ours=same ;;
    *'"verdict":"differs"'*)
        silent=differs
        case $ours in *'"severity":"refused"'*) ;; *) silent='differs (libvirt silent)' ;; esac
        ours=$silent
        ;;
    *) ours="invalid: $ours" ;;
    esac
    # shellcheck disable=SC2086
    start_bare src $3 $4 || fail "$1: the source does not start: $(cat "$T/src.err")"
    # shellcheck disable=SC2086
    if start_bare dst $3 $5 -incoming defer; then
        did=$(migrate_pair)
    else
        did="refused early: $(head -n 1 "$T/dst.err" | cut -c 1-70)"
    fi
    end_both
    printf '%-24s %-26s %s\n' "$1" "$ours" "$did" >>"$T/table"
    case "$did $ours" in
    refused*' same') echo "$1: QEMU refuses what the check lets pass: $did" >>"$T/wrong" ;;
    esac
    [ "${ours%% *}" = "$2" ] || echo "$1: check says '$ours', wanted '$2'" >>"$T/wrong"
}

part='*' # pattern: which rows
case_check_says_before_what_qemu_does() {
    local name wanted common src dst xml xmlsrc xmldst n=0
    while IFS='|' read -r name wanted common src dst xml xmlsrc xmldst <&7; do
        # shellcheck disable=SC2254
        case $name in '') continue ;; $part) ;; *) continue ;; esac
        one_row "$name" "$wanted" "$common" "$src" "$dst" "$xml" "$xmlsrc" "$xmldst"
        n=$((n + 1))
    done 7<<<"$rows"
    [ "$n" -ge 25 ] || fail "only $n rows"
    [ ! -s "$T/wrong" ] || fail "$(cat "$T/wrong")"
    {
        printf '%-24s %-26s %s\n' difference 'check (guest-abi)' "QEMU $VER_SRC"
        cat "$T/table"
        awk '/accepted$/ { a++ } /refused early/ { e++ } /refused at the end/ { l++ }
            END { printf "%d rows: QEMU refused %d early and %d at the end, accepted %d silently\n", NR, e, l, a }' "$T/table"
    } | tee -a "${ABI_TABLE:-/dev/null}" >&9
}

# Disks, network cards and what else most guests have; all rows are the same
# with 10.0 as with 7.2.
case_check_says_the_same_of_a_newer_qemu() {
    part='@(disk|NIC|SCSI|USB|machine|sound|identical)*'
    shopt -s extglob
    case_check_says_before_what_qemu_does
}

plain_xml() { # plain_xml MACHINE [DEVICES]
    echo "<domain type='qemu'><name>g</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><memory>65536</memory><os><type arch='x86_64' machine='$1'>hvm</type></os><devices>${2:-}</devices></domain>"
}

# The versions of QEMU differ in what they call q35.
case_capabilities_are_those_of_a_real_qemu() {
    local q35
    start_source
    "$QMIGRATE" features "$T/src.qmp" --json >"$T/caps"
    # Listing the devices could end a guest.
    ! grep -q '"devices"' "$T/caps"
    q35=$(qmp_machine q35)
    case $q35 in pc-q35-"$VER_SRC") ;; *) fail "q35 is '$q35'" ;; esac
    plain_xml q35 >"$T/alias.xml"
    plain_xml "$q35" >"$T/full.xml"
    plain_xml pc-q35-99.0 >"$T/none.xml"
    plain_xml "$q35" "<controller type='usb' index='0' model='qemu-xhci'/><input type='mouse' bus='ps2'/>" >"$T/written.xml"
    expect 0 "$QMIGRATE" check --capabilities "$T/caps" "$T/alias.xml" "$T/full.xml"
    expect 0 "$QMIGRATE" check --capabilities "$T/caps" "$T/alias.xml" "$T/written.xml"
    # Without them it is another one's alias.
    [ "$VER_SRC" = 10.0 ] || expect 3 "$QMIGRATE" check "$T/alias.xml" "$T/full.xml"
    expect 3 "$QMIGRATE" check --capabilities "$T/caps" "$T/none.xml" "$T/none.xml"
    grep -q "has no machine type 'pc-q35-99.0'" "$T/out"
    # As QEMU answers, without us in between.
    qmp src query-machines | sed 's/"return"/"machines"/' >"$T/raw"
    expect 0 "$QMIGRATE" check --capabilities "$T/raw" "$T/alias.xml" "$T/full.xml"
}

# A QEMU without a guest tells its devices.
case_devices_are_told_without_a_guest() {
    start_bare src -machine none
    "$QMIGRATE" features "$T/src.obs" --json >"$T/caps"
    grep -q '"devices":\[.*"rtl8139"' "$T/caps"
    sed 's/"rtl8139"/"gone"/' "$T/caps" >"$T/without"
    local nic="<interface type='user'><mac address='52:54:00:00:00:01'/>"
    plain_xml q35 "$nic</interface>" >"$T/short.xml"
    plain_xml pc-q35-7.2 "$nic<model type='rtl8139'/></interface><input type='mouse' bus='ps2'/>" >"$T/full.xml"
    plain_xml pc-q35-7.2 "$nic<model type='e1000'/></interface>" >"$T/e1000.xml"
    expect 0 "$QMIGRATE" check --capabilities "$T/caps" "$T/short.xml" "$T/full.xml"
    expect 3 "$QMIGRATE" check --capabilities "$T/without" "$T/short.xml" "$T/full.xml"
    expect 0 "$QMIGRATE" check --capabilities "$T/without" "$T/short.xml" "$T/e1000.xml"
}

qmp_machine() { # the name behind an alias, as QEMU says
    qmp src query-machines | tr '{' '\n' | grep "\"alias\": *\"$1\"" | sed 's/.*"name": *"\([^"]*\)".*/\1/'
}

run_case case_check_says_before_what_qemu_does
run_case case_check_says_the_same_of_a_newer_qemu 10.0 10.0
run_case case_devices_are_told_without_a_guest
for version in $(versions); do
    run_case case_capabilities_are_those_of_a_real_qemu "$version" "$version"
done
finish
