# Sets Havre up from Windows: Havre runs on Linux, so this looks for WSL 2 and runs setup.sh in it.
# There is no native Windows server.
#Requires -Version 5.1
[CmdletBinding()]
param()

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Stop-WithCure([string] $What, [string] $Cure) {
    [Console]::Error.WriteLine("error: $What")
    [Console]::Error.WriteLine("       $Cure")
    exit 1
}

$onWindows = ($PSVersionTable.PSEdition -eq 'Desktop') -or $IsWindows
if (-not $onWindows) {
    Stop-WithCure 'This is not Windows.' 'Run: bash setup.sh'
}

$wsl = Get-Command wsl.exe -ErrorAction SilentlyContinue
if ($null -eq $wsl) {
    Stop-WithCure 'WSL is not installed.' 'In a terminal of an administrator: wsl --install   Then restart Windows and run this again.'
}

# wsl.exe writes UTF-16 unless it is told not to.
$env:WSL_UTF8 = '1'
$distributions = @(& wsl.exe --list --verbose 2>$null | Select-Object -Skip 1 | Where-Object { $_ -match '\S' })
if ($LASTEXITCODE -ne 0 -or $distributions.Count -eq 0) {
    Stop-WithCure 'WSL has no Linux distribution.' 'Run: wsl --install -d Debian   Then run this again.'
}

# The default one is marked with a star; its last column is the version.
$default = $distributions | Where-Object { $_ -match '^\s*\*' } | Select-Object -First 1
if ($null -eq $default) {
    Stop-WithCure 'WSL has no default distribution.' 'Choose one: wsl --set-default NAME'
}
$columns = @($default.Trim().TrimStart('*').Trim() -split '\s{2,}|\t')
$name = $columns[0]
if ($default -notmatch '\b2\s*$') {
    Stop-WithCure "$name runs under WSL 1, which has no namespaces for the sandbox." "Run: wsl --set-version $name 2"
}

Write-Host "WSL 2       $name"
& wsl.exe --distribution $name --cd $PSScriptRoot --exec bash -l ./setup.sh
exit $LASTEXITCODE
